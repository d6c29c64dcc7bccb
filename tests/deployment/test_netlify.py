"""Phase 2, Netlify: what the platform says of the deploy, and what its address serves."""

from __future__ import annotations

import pytest

from gonogo.config import Settings
from gonogo.evidence import Evidence
from gonogo.probes.deployment.public_values import served_values
from gonogo.probes.deployment.release import ReleaseDeployment
from gonogo.probes.deployment.release_comparison import built, serving
from gonogo.probes.deployment.site import Site, same_build
from gonogo.provider import Instance

NOTHING_BUILT = (
    "there is no production deploy on the platform"
    "\n  what to do: read the deploy command's output from its first error on, then deploy again"
)


@pytest.mark.item("DEP-N.1")
def test_build_successful(netlify: ReleaseDeployment, evidence: Evidence) -> None:
    """The command built to its end, the platform took the result, and no line names an error."""
    newest = evidence.observe("newest production deploy", netlify.newest)
    assert newest is not None, NOTHING_BUILT
    assert newest.is_ready, f"{newest}\n  what to do: read the deploy's log on the platform"
    log = evidence.observe("the build", netlify.build_log, newest)
    build = built(newest, log, commit=netlify.commit)
    assert build.equal, str(build)


@pytest.mark.item("DEP-N.2")
def test_production_serves_this_commit(
    netlify: ReleaseDeployment, app: Site, settings: Settings, evidence: Evidence
) -> None:
    """The platform calls it ready and published, and production's address is of this commit."""
    live = evidence.observe("the published deploy", netlify.live)
    paths = (settings.app.health_path, settings.deployment.config_path)
    told = evidence.observe("production's address", app.all_told, paths)
    right = serving(netlify, live, told)
    assert right.equal, str(right)


@pytest.mark.item("DEP-N.3")
def test_url_answers_with_the_new_build(
    netlify: ReleaseDeployment,
    app: Site,
    instance: Instance,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """The URL serves the files of this very deploy, with the values of the env file."""
    evidence.fill(app.where)
    newest = evidence.observe("the release's deploy", netlify.newest)
    assert newest is not None, NOTHING_BUILT
    own = evidence.observe("the deploy itself", Site(where=newest.address).build)
    build = evidence.observe("the URL", same_build, app.build(), own)
    assert build.equal, str(build)
    values = evidence.observe("values", served_values, app, instance, settings.deployment)
    assert values.equal, str(values)
