"""The command line options of the plugin."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


def add_options(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("gonogo", "deployment checklist")
    group.addoption(
        "--target",
        metavar="FILE|NAME",
        help="the target to judge (default: GONOGO_TARGET, else gonogo.toml, the box)",
    )
    group.addoption(
        "--execute",
        metavar="ACTIONS",
        default="",
        help="actions to run on the target, comma separated; the box runs what its checks need",
    )
    group.addoption(
        "--confirm",
        metavar="ENVIRONMENT",
        help="the name of the environment; production is not acted on without it",
    )
    group.addoption(
        "--again",
        metavar="ACTION",
        help="run an action that already ran for this release and target; needs --reason",
    )
    group.addoption("--reason", metavar="TEXT", default="", help="why an action runs --again")
    group.addoption(
        "--rehearse",
        action="store_true",
        help="exit 0 also on a HOLD that rests only on what a rehearsal cannot mend",
    )
    group.addoption(
        "--barrier-timeout",
        metavar="SECONDS",
        type=float,
        default=1800.0,
        help="how long a check waits for earlier phases in other workers (default: 1800)",
    )


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of one run."""

    target: str | None
    execute: tuple[str, ...]
    confirm: str | None
    again: str | None
    reason: str
    rehearse: bool
    barrier_timeout_s: float

    @property
    def shown(self) -> str:
        """The options as they are journaled."""
        parts = [f"--execute {','.join(self.execute)}" if self.execute else ""]
        parts.append(f"--again {self.again} --reason {self.reason!r}" if self.again else "")
        parts.append("--rehearse" if self.rehearse else "")
        return " ".join(part for part in parts if part)


def read_options(config: pytest.Config) -> Options:
    """Return the options, refusing combinations that make no sense."""
    again: str | None = config.getoption("--again")
    reason: str = config.getoption("--reason")
    if again and not reason.strip():
        raise pytest.UsageError("--again needs --reason: it is kept in the dossier")
    if config.option.debug:
        raise pytest.UsageError("--debug writes what no redaction has seen: use -vv instead")
    if len(config.getoption("--browser", None) or ()) > 1:
        raise pytest.UsageError(
            "--browser was given twice: an item has one check, so a run has one browser;"
            " the journey in each of them is preflight's own"
        )
    if config.getoption("--rehearse"):
        _refuse_a_selection(config)
    return Options(
        target=config.getoption("--target"),
        execute=tuple(n.strip() for n in config.getoption("--execute").split(",") if n.strip()),
        confirm=config.getoption("--confirm"),
        again=again,
        reason=reason,
        rehearse=config.getoption("--rehearse"),
        barrier_timeout_s=config.getoption("--barrier-timeout"),
    )


def _refuse_a_selection(config: pytest.Config) -> None:
    """Refuse --rehearse over a part: a check left out would look like one that does not exist."""
    narrowing = ("keyword", "deselect", "ignore", "ignore_glob", "override_ini", "lf", "stepwise")
    given = [name for name in narrowing if getattr(config.option, name, None)]
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        given.append("paths")
    if given:
        raise pytest.UsageError(
            f"--rehearse rehearses everything: leave out {', '.join(given)}, or leave it out itself"
        )
