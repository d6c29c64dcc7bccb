"""What the sections of a target file are made of."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


def regular_expression(pattern: str) -> str:
    """Return *pattern*; raises ValueError where it is no regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"should be a regular expression ({error})") from error
    return pattern


VariableName = Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")]
"""The name of an environment variable, or empty; never the value."""
FileName = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]*$")]
"""A word that can be part of a folder's name."""
NonEmpty = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]


class Section(BaseModel):
    """One table of the target file: unknown keys and changes are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, str_max_length=10_000
    )
