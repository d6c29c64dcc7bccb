"""Phase 2, Docker: what the engine says of the containers, and what their address serves."""

from __future__ import annotations

import pytest

from gonogo.config import Settings
from gonogo.evidence import Evidence
from gonogo.probes.deployment.containers import ContainerRelease
from gonogo.probes.deployment.release_comparison import answering
from gonogo.probes.deployment.site import Site

READ_OUTPUT = "\n  what to do: read the output of docker compose up from its first error on"


@pytest.mark.item("DEP-D.1")
def test_image_built_successfully(docker: ContainerRelease, evidence: Evidence) -> None:
    """The containers are made of images of this commit; their digests are noted."""
    containers = evidence.observe("containers", docker.containers)
    assert containers, f"there is no container of the project{READ_OUTPUT}"
    images = evidence.observe("images", docker.images, containers)
    evidence.fill(", ".join(image.id for image in images), source=docker.where)
    built = docker.built(images)
    assert built.equal, str(built)


@pytest.mark.item("DEP-D.2")
def test_container_started(docker: ContainerRelease, evidence: Evidence) -> None:
    """Every container of the project runs, and none was started again."""
    containers = evidence.observe("containers", docker.containers)
    started = docker.started(containers)
    assert started.equal, str(started) + READ_OUTPUT


@pytest.mark.item("DEP-D.3")
def test_health_check_passing(docker: ContainerRelease, evidence: Evidence) -> None:
    """Every container's own health check passes."""
    containers = evidence.observe("containers", docker.containers)
    healthy = docker.healthy(containers)
    assert healthy.equal, str(healthy)


@pytest.mark.item("DEP-D.4")
def test_application_accessible(
    docker: ContainerRelease, app: Site, settings: Settings, evidence: Evidence
) -> None:
    """The application answers at its address, as this commit, with its page and files."""
    paths = (settings.app.health_path, settings.deployment.config_path)
    told = evidence.observe("the address", app.all_told, paths)
    build = evidence.observe("its page", app.build)
    right = answering(told, build, commit=docker.commit, field=settings.deployment.commit_field)
    assert right.equal, str(right)
