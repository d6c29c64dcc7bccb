"""Reads the team's own copy of the document and says what of it the checklist does not cover."""

from __future__ import annotations

from gonogo.checklist import Checklist
from gonogo.checklist_match import Mismatch, Uncovered, uncovered
from gonogo.config import Settings
from gonogo.errors import ChecklistError


def document_problems(settings: Settings, checklist: Checklist) -> list[str]:
    """Return a line for each item of ``checklist.document`` without its equal in the checklist.

    Nothing where no document is set; one line that says why where it cannot be read.
    """
    path = settings.checklist.document
    if not path:
        return []
    try:
        text = settings.path(path).read_text(encoding="utf-8")
        found = uncovered(text, path=path, checklist=checklist)
    except (OSError, UnicodeDecodeError) as error:
        return [f"the team's document {path} cannot be read: {_reason(error)}"]
    except ChecklistError as error:
        return [f"the team's document {path} cannot be compared: {error.what} ({error.where})"]
    return [_line(path, one) for one in found]


def _line(path: str, one: Uncovered) -> str:
    near = f" (nearest: {one.nearest})" if one.nearest else ""
    match one.kind:
        case Mismatch.NEW:
            return f'{path}:{one.line}: "{one.label}" is not in the checklist{near}'
        case Mismatch.CHANGED:
            return f'{path}:{one.line}: "{one.label}" does not read as {one.nearest} does'
        case Mismatch.MISSING:
            return f'{path}: {one.nearest} "{one.label}" of the checklist is not in it'


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8"
