"""Turns what is wrong with a target file into errors that say where and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gonogo.config_models import ACTION_PHASES, TargetFile
from gonogo.config_sources import KeyPath, Layers, annotation_of, value_at
from gonogo.errors import ConfigError
from gonogo.literal_secrets import find_secrets

SHOWN_CHARACTERS = 60
_NAME_SUFFIX = "_env"
_EXPECTED = {
    "string_type": 'text, in "quotation marks"',
    "string_too_short": "text that is not empty",
    "bool_type": "true or false",
    "tuple_type": 'a list, such as ["one", "two"]',
    "too_short": "a list that is not empty",
    "model_type": "a table",
    "mapping_type": "a table",
    "float_type": "a number",
}


def refuse_literal_secrets(layers: Layers) -> None:
    """Raise ConfigError where a secret itself stands in place of its name."""
    for path, kind in find_secrets(layers.values):
        where = layers.place_of(path)
        raise ConfigError(
            f"{dotted(path)} holds {kind}; a target file may only name the variable that does",
            where=where,
            expected="the name of an environment variable, or no secret",
            found=f"{kind} (not shown)",
            do=(
                "take it out of there and out of the file's history, change the secret, put it in"
                " an environment variable, and write that variable's name"
            ),
        )


def refuse_contradictions(file: TargetFile, layers: Layers) -> None:
    """Raise ConfigError where settings that are right one by one exclude each other."""
    if file.target.provider and file.target.production:
        raise ConfigError(
            "target.production and target.provider exclude each other",
            where=layers.place_of(("target", "provider")),
            expected="a production target that nobody starts, or a provider",
            found="both",
            do="remove one of them",
        )
    if file.target.production and file.target.data == "made up":
        raise ConfigError(
            "a production target holds no made-up data",
            where=layers.place_of(("target", "data")),
            expected='data = "real", or nothing, beside target.production',
            found='data = "made up"',
            do="remove target.data, or target.production where this is not the real target",
        )
    for key in ("url_env", "admin_url_env", "env_file"):
        if file.target.provider and getattr(file.database, key):
            raise ConfigError(
                f"database.{key} is set for a target that starts its own database",
                where=layers.place_of(("database", key)),
                expected=f"no database.{key} beside target.provider: no other database is read",
                found=f"database.{key} and target.provider",
                do=f"remove database.{key}, or target.provider where the target is a real one",
            )
    for name, action in file.actions.items():
        if not action.phase and name not in ACTION_PHASES:
            raise ConfigError(
                f"actions.{name} needs a phase",
                where=layers.place_of(("actions", name)),
                expected=f"a phase, because the name is none of {', '.join(ACTION_PHASES)}",
                found="no phase",
                do=f'add phase = "phase1" (or another) to [actions.{name}]',
            )


def explain(error: ValidationError, layers: Layers) -> ConfigError:
    """Return one ConfigError that names every wrong setting in *error*."""
    problems = [_problem(details, layers) for details in error.errors(include_url=False)]
    if len(problems) == 1:
        return problems[0]
    lines = [
        f"{problem.where}: {problem.what}"
        + (f"; expected {problem.expected}" if problem.expected else "")
        + (f"; found {problem.found}" if problem.found else "")
        + (f"; {problem.do}" if problem.do else "")
        for problem in problems
    ]
    return ConfigError(
        "\n".join([f"{len(problems)} settings are wrong", *(f"  - {line}" for line in lines)]),
        where=layers.file,
        do="correct each of them",
    )


def _problem(details: ErrorDetails, layers: Layers) -> ConfigError:
    path = tuple(str(part) for part in details["loc"])
    if details["type"] == "extra_forbidden":
        return _unknown_key(path, layers)
    if details["type"] == "missing":
        return ConfigError(
            f"{dotted(path)} is missing",
            where=layers.place_of(path[:-1]) if len(path) > 1 else layers.file,
            expected=f"a value for {dotted(path)}",
            found="nothing",
            do=f"add it under [{dotted(path[:-1])}]" if len(path) > 1 else f"add [{path[0]}]",
        )
    if details["type"] == "value_error":
        return ConfigError(
            f"{dotted(path) or 'the target file'} does not hold together",
            where=layers.place_of(path) if path else layers.file,
            expected="",
            found=details["msg"].removeprefix("Value error, "),
            do="correct it there",
        )
    return ConfigError(
        f"{dotted(path)} is not what it should be",
        where=layers.place_of(path),
        expected=_expected(path, details),
        found=_found(path, layers.values),
        do=f"correct {dotted(path)}",
    )


def _expected(path: KeyPath, details: ErrorDetails) -> str:
    if path[-1].endswith(_NAME_SUFFIX) or path[-1].endswith("_variable"):
        return "the name of an environment variable"
    return _EXPECTED.get(
        details["type"],
        details["msg"].removeprefix("Input should be ").removeprefix("Input should "),
    )


def _found(path: KeyPath, values: Mapping[str, object]) -> str:
    if path[-1].endswith(_NAME_SUFFIX):
        return "something else (not shown: it may be the secret itself)"
    value = value_at(path, values)
    text = repr(value)
    kind = {str: "text", bool: "a boolean", int: "a number", float: "a number"}
    named = kind.get(type(value), type(value).__name__)
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return f"{short} ({named})"


def _unknown_key(path: KeyPath, layers: Layers) -> ConfigError:
    here = _keys_below(path[:-1])
    near = [dotted((*path[:-1], key)) for key in difflib.get_close_matches(path[-1], here, n=2)]
    near += [
        other for other in _all_keys() if other.split(".")[-1] == path[-1] and other not in near
    ]
    section = dotted(path[:-1])
    return ConfigError(
        f"there is no setting {dotted(path)}",
        where=layers.place_of(path),
        expected=f"one of {', '.join(here)}" + (f" in [{section}]" if section else ""),
        found=path[-1],
        do=f"did you mean {' or '.join(near[:2])}?" if near else "remove it",
    )


def _keys_below(path: KeyPath) -> list[str]:
    model = annotation_of(path)
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return list(model.model_fields)


def _all_keys() -> Iterator[str]:
    for section, known in TargetFile.model_fields.items():
        model = known.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from (f"{section}.{key}" for key in model.model_fields)


def dotted(path: KeyPath) -> str:
    """Return *path* as a person writes it."""
    return ".".join(path)
