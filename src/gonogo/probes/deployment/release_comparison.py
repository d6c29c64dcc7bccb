"""Compares what was built and what is served with the release."""

from __future__ import annotations

from collections.abc import Mapping

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.deployment.build_log import BuildReading
from gonogo.probes.deployment.compared_pairs import NO_DEPLOYMENT, Pair, compared, listed, of_commit
from gonogo.probes.deployment.release import ReleaseDeployment
from gonogo.probes.deployment.site import ServedBuild, Told, is_missing
from gonogo.vendors.hosting import Deployment

JSON = "JSON"


def built(newest: Deployment, log: BuildReading, *, commit: str) -> Comparison:
    """Compare a build with one of *commit* that succeeded."""
    pairs = [
        ("state of the build", "ready", "ready" if newest.is_ready else str(newest)),
        *of_commit(newest, commit),
        ("errors in its log", "none", listed(log.errors, "none")),
    ]
    return compared("build", pairs, do="read the build's log on the platform; mend, deploy again")


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
    pairs += of_commit(live, commit)
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
    return compared(
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
    return compared("the address", pairs, do="read the logs of the containers behind it")


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
