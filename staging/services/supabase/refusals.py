"""What the gateway says when it does not do what was asked, in PostgREST's words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import psycopg

STALE_CATALOGUE = frozenset({"PGRST200", "PGRST202", "PGRST204", "PGRST205"})
"""Codes that a newer look at the catalogue may take back."""
SYNTAX_OR_ACCESS = "42"
"""SQLSTATE class of statements that do not fit the catalogue (any more)."""

STATUS_OF_CLASS: Mapping[str, int] = {
    "08": 503, "09": 500, "0L": 403, "0P": 403, "25": 500, "28": 403, "2D": 500, "38": 500,
    "39": 500, "3B": 500, "40": 500, "53": 503, "54": 500, "55": 500, "57": 500, "58": 500,
    "F0": 500, "HV": 500, "P0": 500, "XX": 500,
}  # fmt: skip
STATUS_OF_STATE: Mapping[str, int] = {
    "21000": 500, "23503": 409, "23505": 409, "25006": 405, "42883": 404, "42P01": 404,
    "42P17": 500, "53400": 500, "57P01": 503, "P0001": 400,
}  # fmt: skip
"""PostgREST's table, https://docs.postgrest.org/en/stable/references/errors.html."""
ANONYMOUS = "anon"


class Refusal(Exception):
    """An answer that is an error: status, and PostgREST's four fields."""

    def __init__(  # noqa: PLR0913 - the fields of the body, and how it travels
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Any = None,  # noqa: ANN401 - text, or JSON
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        self.body = {"code": code, "details": details, "hint": hint, "message": message}


def unreadable(what: str, text: str, column: int, details: str) -> Refusal:
    """Return the refusal of a parameter that does not follow the grammar."""
    message = f'"failed to parse {what} ({text})" (line 1, column {column})'
    return Refusal(400, "PGRST100", message, details=details)


def not_embedded(name: str) -> Refusal:
    """Return the refusal of a filter on a resource that was not selected."""
    return Refusal(
        400,
        "PGRST108",
        f"'{name}' is not an embedded resource in this request",
        hint=f"Verify that '{name}' is included in the 'select' query parameter.",
    )


def no_table(schema: str, name: str, known: Sequence[str]) -> Refusal:
    """Return the refusal of a table that is not there."""
    near = get_close_matches(name, known, n=1)
    return Refusal(
        404,
        "PGRST205",
        f"Could not find the table '{schema}.{name}' in the schema cache",
        hint=f"Perhaps you meant the table '{schema}.{near[0]}'" if near else None,
    )


def no_column(table: str, name: str) -> Refusal:
    """Return the refusal of a written column that is not there."""
    message = f"Could not find the '{name}' column of '{table}' in the schema cache"
    return Refusal(400, "PGRST204", message)


def not_single(rows: int) -> Refusal:
    """Return the refusal of *rows* rows where one was wanted."""
    message = "Cannot coerce the result to a single JSON object"
    return Refusal(406, "PGRST116", message, details=f"The result contains {rows} rows")


def bad_range(details: str) -> Refusal:
    """Return the refusal of rows that are not there, or cannot be."""
    return Refusal(416, "PGRST103", "Requested range not satisfiable", details=details)


def bad_body(message: str) -> Refusal:
    """Return the refusal of a body."""
    return Refusal(400, "PGRST102", message)


def bad_token(code: str, message: str, details: str | None = None) -> Refusal:
    """Return the refusal of a token."""
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    headers = {"WWW-Authenticate": challenge}
    return Refusal(401, code, message, details=details, headers=headers)


def of_database(error: psycopg.Error, *, role: str) -> Refusal:
    """Return what the database's own error becomes."""
    state = error.sqlstate
    if state is None:
        if isinstance(error, psycopg.OperationalError):
            message = "Database connection error. Retrying the connection."
            return Refusal(503, "PGRST000", message)
        return Refusal(400, "22021", str(error))
    message = error.diag.message_primary or str(error)
    if state == "PGRST":
        return _raised(message, error.diag.message_detail)
    return Refusal(
        _status(state, message, role=role),
        state,
        message,
        details=error.diag.message_detail,
        hint=error.diag.message_hint,
    )


def _status(state: str, message: str, *, role: str) -> int:
    if state == "42501":
        return 401 if role == ANONYMOUS else 403
    if state == "22023" and message.startswith("role") and message.endswith("does not exist"):
        return 401
    if state.startswith("PT") and state[2:].isdigit():
        return int(state[2:])
    return STATUS_OF_STATE.get(state) or STATUS_OF_CLASS.get(state[:2], 400)


def _raised(message: str, detail: str | None) -> Refusal:
    """Return the answer that a function wrote itself, by ``RAISE SQLSTATE 'PGRST'``."""
    try:
        body, how = json.loads(message), json.loads(detail or "")
        return Refusal(
            int(how["status"]),
            body["code"],
            body["message"],
            details=body.get("details"),
            hint=body.get("hint"),
            headers=how["headers"],
        )
    except (ValueError, TypeError, KeyError):
        text = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error"
        return Refusal(500, "PGRST121", text)
