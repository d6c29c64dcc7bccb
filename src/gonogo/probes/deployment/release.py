"""The release's deployment on one platform: has anybody deployed, is it built, is it live?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gonogo.comparison import Comparison, Difference
from gonogo.config_app import DeploymentSection
from gonogo.errors import CannotTell, NotDoneYet, WaitTimedOut
from gonogo.probes.deployment.build_log import BuildReading, read_build, read_checks
from gonogo.probes.deployment.site import ServedBuild, Told, is_missing
from gonogo.records import ActionRecord
from gonogo.repository import git_state
from gonogo.vendors.hosting import Deployment, LogLine
from gonogo.waiting import wait_until

LOOK_EVERY_S = 2.0
JSON = "JSON"
NO_DEPLOYMENT = "no production deployment"
Pair = tuple[str, str, str]
"""What is compared, what is expected of it, and what was found."""


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
                interval_s=LOOK_EVERY_S,
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
        pairs += _of_commit(newest, self.commit)
        clean = "no uncommitted changes"
        dirty = newest is not None and newest.is_dirty
        pairs.append(("what was uploaded", clean, "uncommitted changes" if dirty else clean))
        mend = "mend what the script says, commit, and deploy again"
        compared = _compared("pre-flight checks", pairs, do=mend)
        if self.record is None and compared.equal:
            raise NotDoneYet(
                "nobody here saw the script's own checks pass",
                where=self.where,
                expected="what the deploy action said",
                found=f"a deployment of {self.commit[:10]} that was made without it",
                do="deploy with --execute deploy",
            )
        return compared


def _of_commit(each: Deployment | None, commit: str) -> list[Pair]:
    """Compare the commit that a platform recorded; one that records none is not asked for it."""
    if each is not None and not each.commit and not each.names_commit:
        return []
    named = each.commit if each else NO_DEPLOYMENT
    return [("commit that the platform names", commit, named or "none")]


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
    return _listed(state.changed, "nothing changed")


def _of_the_script(record: ActionRecord, checks: BuildReading, *, passed: bool) -> list[Pair]:
    return [
        ("the script's own checks", "passed", "passed" if passed else str(record)),
        ("errors in its output", "none", _listed(checks.errors, "none")),
        ("questions whether to go on anyway", "none", _listed(checks.asked, "none")),
    ]


def built(newest: Deployment, log: BuildReading, *, commit: str) -> Comparison:
    """Compare a build with one of *commit* that succeeded."""
    pairs = [
        ("state of the build", "ready", "ready" if newest.is_ready else str(newest)),
        *_of_commit(newest, commit),
        ("errors in its log", "none", _listed(log.errors, "none")),
    ]
    return _compared("build", pairs, do="read the build's log on the platform; mend, deploy again")


def serving(
    release: ReleaseDeployment, live: Deployment | None, told: Mapping[str, Told]
) -> Comparison:
    """Compare what the platform says and what production's address answers with this release.

    *told* are the answers of the application's own addresses by path.

    Raises:
        CannotTell: neither the platform nor the application names a commit.
    """
    field, commit, record = release.settings.commit_field, release.commit, release.record
    pairs = [("the platform's word", "ready and live", _word(live))]
    pairs += _of_commit(live, commit)
    if record is not None and not record.ended_well:
        pairs.append(("the deploy command", "exit status 0", str(record)))
    if live is not None and not live.names_commit and not (field and told):
        raise CannotTell(
            "nobody names the commit that is served",
            where=release.where,
            expected=f"{commit[:12]}, from the platform or the application",
            found="a deployment without a commit, and no field of the application",
            do="set deployment.commit_field, or deploy with the commit in the deploy's message",
        )
    pairs += _of_addresses(told, commit, field)
    return _compared(
        "deployment",
        pairs,
        do="see which deployment production's address leads to; promote the right one, or deploy"
        " again",
    )


def answering(
    told: Mapping[str, Told], build: ServedBuild, *, commit: str, field: str
) -> Comparison:
    """Compare what an address answers with this release; *field* names the commit in *told*.

    Raises:
        CannotTell: nothing that is served names a commit.
    """
    if not field or not told:
        raise CannotTell(
            "nobody names the commit that is served",
            where=build.address,
            expected=f"{commit[:12]}, in an answer of the application",
            found="no such field",
            do="set deployment.commit_field",
        )
    pairs = _of_addresses(told, commit, field)
    pairs += [(name, "served", found) for name, found in build.files.items() if is_missing(found)]
    return _compared("the address", pairs, do="read the logs of the containers behind it")


def _of_addresses(told: Mapping[str, Told], commit: str, field: str) -> list[Pair]:
    """Compare each answer's status and form, and the commit in those that name one."""
    pairs: list[Pair] = []
    named: list[Pair] = []
    for path, said in told.items():
        pairs.append((f"{path} answers", "HTTP 200", f"HTTP {said.status}"))
        pairs.append((f"{path} answers with", JSON, JSON if said.said else "something else"))
        if field and said.at(field):
            named.append((f"commit in {path}", commit, str(said.at(field))))
    if field and told and not named:
        named.append((f"commit in {' or '.join(told)}", commit, "none"))
    return pairs + named


def _word(live: Deployment | None) -> str:
    if live is None:
        return NO_DEPLOYMENT
    good = live.is_ready and live.is_live and live.is_production
    return "ready and live" if good else str(live)


def _listed(found: Sequence[str], none: str) -> str:
    return "; ".join(found) or none


def _compared(subject: str, pairs: Sequence[Pair], *, do: str) -> Comparison:
    return Comparison(
        subject=subject,
        checked=len(pairs),
        differences=tuple(
            Difference(subject=name, expected=expected, found=found)
            for name, expected, found in pairs
            if expected != found
        ),
        do=do,
    )
