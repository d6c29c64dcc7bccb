"""Phase 2, Vercel: what the platform says of the deployment, and what its address serves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gonogo.config import Settings
from gonogo.evidence import Evidence
from gonogo.probes.deployment.public_values import served_values
from gonogo.probes.deployment.release import ReleaseDeployment
from gonogo.probes.deployment.release_comparison import built, serving
from gonogo.probes.deployment.site import Site, same_build
from gonogo.provider import Instance

NOTHING_BUILT = (
    "there is no production deployment on the platform"
    "\n  what to do: read the deploy command's output from its first error on, then deploy again"
)


@pytest.mark.item("DEP-V.1")
def test_pre_flight_checks_passed(
    vercel: ReleaseDeployment, instance: Instance, evidence: Evidence
) -> None:
    """The script's own checks passed with no yes to go on anyway, on this release's clean tree."""
    passed = evidence.observe("pre-flight", vercel.preflight, Path(instance.repository))
    assert passed.equal, str(passed)


@pytest.mark.item("DEP-V.2")
def test_build_successful(vercel: ReleaseDeployment, evidence: Evidence) -> None:
    """The platform built this commit to the end, and its log names no error."""
    newest = evidence.observe("newest production deployment", vercel.newest)
    assert newest is not None, NOTHING_BUILT
    assert newest.is_ready, f"{newest}\n  what to do: read the build's log on the platform"
    log = evidence.observe("its build log", vercel.build_log, newest)
    build = built(newest, log, commit=vercel.commit)
    assert build.equal, str(build)


@pytest.mark.item("DEP-V.3")
def test_production_serves_this_commit(
    vercel: ReleaseDeployment, app: Site, settings: Settings, evidence: Evidence
) -> None:
    """The platform calls it ready and promoted, and production's address answers as this commit."""
    live = evidence.observe("production's deployment", vercel.live)
    paths = (settings.app.health_path, settings.deployment.config_path)
    told = evidence.observe("production's address", app.all_told, paths)
    right = serving(vercel, live, told)
    assert right.equal, str(right)


@pytest.mark.item("DEP-V.4")
def test_url_answers_with_the_new_build(
    vercel: ReleaseDeployment,
    app: Site,
    instance: Instance,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """The URL serves the files of this very deployment, with the values of the env file."""
    evidence.fill(app.where)
    newest = evidence.observe("the release's deployment", vercel.newest)
    assert newest is not None, NOTHING_BUILT
    own = evidence.observe("the deployment itself", replace(app, where=newest.address).build)
    build = evidence.observe("the URL", same_build, app.build(), own)
    assert build.equal, str(build)
    values = evidence.observe("values", served_values, app, instance, settings.deployment)
    assert values.equal, str(values)
