"""Which of the platform's variables a build sees."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from staging.services.vercel.state import UploadedFile


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """Variables that a build is not given as long as nothing in its sources reads them.

    The box has new ports and keys at every start. Where the product reads them at run time alone,
    withholding them from the build lets a finished build be found again; where a source does read
    them, the build gets them all and is made anew.
    """

    variables: str
    """Shell pattern of their names."""
    read_by: re.Pattern[str]
    """What a source that reads variables of a build has in it."""
    sources: tuple[str, ...]
    """Shell patterns of the files that the build reads."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the rule of the option ``withheld``."""
        return cls(
            variables=data["variables"],
            read_by=re.compile(data["read_by"]),
            sources=tuple(data["sources"]),
        )

    def seen(
        self, variables: Mapping[str, str], files: Iterable[UploadedFile], *, uploads: Path
    ) -> Mapping[str, str]:
        """Return the variables that a build of *files* is given."""
        for file in files:
            is_source = any(fnmatch.fnmatchcase(file.path, each) for each in self.sources)
            if is_source and self.read_by.search(
                (uploads / file.sha).read_text("utf-8", errors="replace")
            ):
                return variables
        return {
            name: value
            for name, value in variables.items()
            if not fnmatch.fnmatchcase(name, self.variables)
        }
