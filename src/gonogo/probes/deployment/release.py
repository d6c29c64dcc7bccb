"""The release's deployment on one platform: has anybody deployed, is it built, is it live?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gonogo.comparison import Comparison
from gonogo.config_app import DeploymentSection
from gonogo.errors import CannotTell, NotDoneYet, WaitTimedOut
from gonogo.probes.deployment.build_log import BuildReading, read_build, read_checks
from gonogo.probes.deployment.compared_pairs import NO_DEPLOYMENT, Pair, compared, listed, of_commit
from gonogo.records import ActionRecord
from gonogo.repository import git_state
from gonogo.vendors.hosting import Deployment, LogLine
from gonogo.waiting import growing, wait_until


class Platform(Protocol):
    """What a hosting platform is asked; every answer may be CannotTell."""

    where: str
    keeps_log: bool
    """Whether it builds, and so keeps the build's log; else the deploy command built."""

    def live(self) -> Deployment | None:
        """Return what production's address leads to."""
        ...

    def newest(self) -> tuple[Deployment, ...]:
        """Return the newest production deployments, newest first."""
        ...

    def build_log(self, deployment_id: str) -> tuple[LogLine, ...]:
        """Return the lines of a deployment's build."""
        ...


@dataclass(frozen=True, kw_only=True)
class ReleaseDeployment:
    """Looks at one platform for the deployment of *commit*.

    ``record`` is how the deploy action ended, None where it was done by hand or before this run;
    ``begun`` says whether any run started it; ``since`` is when this release's day began.
    """

    platform: Platform
    commit: str
    settings: DeploymentSection
    record: ActionRecord | None = None
    output: str = ""
    begun: bool = False
    since: datetime | None = None
    command: str = ""
    """The product's own command for it; empty where the target names none."""

    @property
    def where(self) -> str:
        """Where it is looked at."""
        return self.platform.where

    def require(self) -> None:
        """Leave a deployment that nobody has begun unjudged.

        Raises:
            NotDoneYet: there is none of this commit, and none made since the day began.
            CannotTell: the platform cannot be asked.
        """
        if self.begun or self.record is not None:
            return
        found = self.platform.newest()
        if any(self._belongs(each) for each in found):
            return
        raise NotDoneYet(
            "not deployed yet",
            where=self.where,
            expected=f"a production deployment of commit {self.commit[:12]}",
            found=str(found[0]) if found else NO_DEPLOYMENT,
            do=self._advice,
        )

    @property
    def _advice(self) -> str:
        if not self.command:
            return "deploy by hand, then run this again"
        return f"run {self.command} and then this again, or pytest -m phase2 --execute deploy"

    def _belongs(self, each: Deployment) -> bool:
        is_new = self.since is not None and each.created_at >= self.since
        return is_new or each.commit == self.commit

    def live(self) -> Deployment | None:
        """Return what the platform says production's address leads to; None: nothing."""
        return self.platform.live()

    def newest(self) -> Deployment | None:
        """Return the newest production deployment when its build has ended; None: there is none.

        One that goes on for longer than the configured time is returned as it is.
        """
        seen: list[Deployment | None] = []

        def look() -> Deployment | None:
            seen.append(next(iter(self.platform.newest()), None))
            return seen[-1]

        try:
            return wait_until(
                look,
                lambda found: found is None or found.has_ended,
                what="the end of the build",
                timeout_s=self.settings.build_timeout_s,
                interval_s=growing(),
            )
        except WaitTimedOut:
            return seen[-1]

    def build_log(self, deployment: Deployment) -> BuildReading:
        """Return what the platform's log of this build says.

        Raises:
            CannotTell: it cannot be read, or is empty.
        """
        log = list(self.platform.build_log(deployment.id))
        if not self.platform.keeps_log:
            log += [LogLine(text=line) for line in self.output.splitlines()]
        return read_build(log, harmless=self.settings.harmless_lines)

    def preflight(self, repository: Path) -> Comparison:
        """Compare what the action said of its checks, and what we see, with a clean start.

        Where the action was run by hand, what the platform recorded can speak against it, and
        nothing for it.

        Raises:
            CannotTell: the action said nothing, or git cannot be asked.
            NotDoneYet: nobody here saw what the script said, and nothing speaks against it.
        """
        pairs: list[Pair] = []
        if self.record is not None:
            section = self.settings
            checks = read_checks(
                self.output, until=section.checks_end, harmless=section.harmless_lines
            )
            passed = checks.ended if section.checks_end else self.record.ended_well
            pairs += _of_the_script(self.record, checks, passed=passed)
            pairs.append(("working tree", "nothing changed", _changed(repository)))
        newest = self.newest()
        pairs += of_commit(newest, self.commit)
        clean = "no uncommitted changes"
        dirty = newest is not None and newest.is_dirty
        pairs.append(("what was uploaded", clean, "uncommitted changes" if dirty else clean))
        mend = "mend what the script says, commit, and deploy again"
        comparison = compared("pre-flight checks", pairs, do=mend)
        if self.record is None and comparison.equal:
            raise NotDoneYet(
                "nobody here saw the script's own checks pass",
                where=self.where,
                expected="what the deploy action said",
                found=f"a deployment of {self.commit[:10]} that was made without it",
                do="deploy with --execute deploy",
            )
        return comparison


def _changed(repository: Path) -> str:
    state = git_state(repository)
    if state.changed is None:
        raise CannotTell(
            "nobody can tell whether the working tree is clean",
            where=str(repository),
            expected="an answer of git status",
            found="no git here",
            do="install git",
        )
    return listed(state.changed, "nothing changed")


def _of_the_script(record: ActionRecord, checks: BuildReading, *, passed: bool) -> list[Pair]:
    return [
        ("the script's own checks", "passed", "passed" if passed else str(record)),
        ("errors in its output", "none", listed(checks.errors, "none")),
        ("questions whether to go on anyway", "none", listed(checks.asked, "none")),
    ]
