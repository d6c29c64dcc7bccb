"""What is asked of a product script, and how it ended. Pure data, with its JSON form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from gonogo.actions.guard import Watched
from gonogo.clock import from_rfc3339, rfc3339
from gonogo.errors import ConfigError
from gonogo.redaction import Secret

NEVER_ANSWERED = re.compile(r"\b(?:continue|proceed)\s+anyway\b", re.IGNORECASE)
"""Questions that only a person may answer, whatever patterns are configured."""


class Ended(StrEnum):
    """How a script came to its end."""

    EXITED = "exited"
    TIMED_OUT = "timed-out"
    UNKNOWN_PROMPT = "unknown-prompt"
    LOST = "lost"
    KILLED = "killed"


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A question the script may ask once, as a regular expression, and what to type then."""

    pattern: str
    answer: Secret | str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a pattern that is no regular expression."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ConfigError(
                "a prompt's pattern is not a regular expression",
                found=f"{self.pattern!r}: {error}",
                do="write a Python regular expression, for example 'Password.*: '",
            ) from error


@dataclass(frozen=True, kw_only=True)
class ScriptSpec:
    """One run of one product script.

    ``env`` is the complete environment (see ``clean_environment``); nothing of the caller's is
    added. ``quiet_s`` is how long a script must wait at an unknown question before it is stopped;
    ``grace_s`` lies between SIGTERM and SIGKILL. ``private_folders`` (see ``DatabaseClients``) are
    kept until the script has ended, even when the caller ends first.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    prompts: tuple[Prompt, ...] = ()
    timeout_s: float = 600.0
    quiet_s: float = 1.0
    grace_s: float = 5.0
    private_folders: tuple[Path, ...] = ()

    def to_order(self) -> dict[str, Any]:
        """Return the spec as JSON-ready data with its secrets revealed; for pipes only."""
        return {
            "name": self.name,
            "argv": list(self.argv),
            "cwd": str(self.cwd),
            "env": dict(self.env),
            "prompts": [
                {
                    "pattern": prompt.pattern,
                    "secret": isinstance(prompt.answer, Secret),
                    "answer": prompt.answer.reveal()
                    if isinstance(prompt.answer, Secret)
                    else prompt.answer,
                }
                for prompt in self.prompts
            ],
            "timeout_s": self.timeout_s,
            "quiet_s": self.quiet_s,
            "grace_s": self.grace_s,
            "private_folders": [str(folder) for folder in self.private_folders],
        }

    @classmethod
    def from_order(cls, order: Mapping[str, Any]) -> ScriptSpec:
        """Read back what ``to_order`` gave."""
        return cls(
            name=order["name"],
            argv=tuple(order["argv"]),
            cwd=Path(order["cwd"]),
            env=dict(order["env"]),
            prompts=tuple(
                Prompt(
                    pattern=prompt["pattern"],
                    answer=Secret(prompt["answer"]) if prompt["secret"] else prompt["answer"],
                )
                for prompt in order["prompts"]
            ),
            timeout_s=order["timeout_s"],
            quiet_s=order["quiet_s"],
            grace_s=order["grace_s"],
            private_folders=tuple(Path(folder) for folder in order["private_folders"]),
        )


@dataclass(frozen=True, kw_only=True)
class ScriptResult:
    """How a script ended, with its redacted output.

    ``exit_status`` is what the script returned; 128 + n when signal n from elsewhere ended it
    (``killed``), as a shell would say; None when it was stopped or lost. ``watched`` is what its
    guard saw, where it had one that came to its end.
    """

    name: str
    exit_status: int | None
    ended: Ended
    started_at: datetime
    finished_at: datetime
    output: str = field(default="", repr=False)
    prompts_answered: tuple[str, ...] = ()
    message: str = ""
    watched: Watched | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the script reached its own end and returned 0."""
        return self.ended is Ended.EXITED and self.exit_status == 0

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready data without the output, which has a file of its own."""
        return {
            "name": self.name,
            "exit_status": self.exit_status,
            "ended": self.ended.value,
            "started_at": rfc3339(self.started_at),
            "finished_at": rfc3339(self.finished_at),
            "prompts_answered": list(self.prompts_answered),
            "message": self.message,
            "watched": asdict(self.watched) if self.watched else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, output: str) -> ScriptResult:
        """Read back what ``to_json`` gave."""
        return cls(
            name=data["name"],
            exit_status=data["exit_status"],
            ended=Ended(data["ended"]),
            started_at=from_rfc3339(data["started_at"]),
            finished_at=from_rfc3339(data["finished_at"]),
            output=output,
            prompts_answered=tuple(data["prompts_answered"]),
            message=data["message"],
            watched=Watched.from_json(data["watched"]) if data["watched"] else None,
        )
