"""The errors of Vercel's API."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

CODES = {
    400: ("bad_request", "Invalid request."),
    401: ("unauthorized", "Not authorized"),
    403: ("forbidden", "Not authorized"),
    404: ("not_found", "Not Found"),
    409: ("conflict", "Conflict"),
    422: ("unprocessable_entity", "The request cannot be processed."),
    429: ("rate_limited", "The rate limit of 100 exceeded for 'api'. Try again later"),
    500: ("internal_server_error", "An unexpected internal error occurred"),
}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str = "", *, code: str = "", **more: object) -> None:
        self.status = status
        default_code, default_message = CODES[status]
        self.error = {"code": code or default_code, "message": message or default_message, **more}
        super().__init__(self.error["message"])

    def answer(self) -> Response:
        """Return it in the vendor's form."""
        body: dict[str, Any] = {"error": self.error}
        return JSONResponse(body, status_code=self.status)
