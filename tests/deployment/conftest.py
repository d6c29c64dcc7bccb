"""What the checks of phase 2 share: the platforms, asked for this release's deployment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.action_desk import ActionDesk
from gonogo.config import Settings
from gonogo.probes.deployment.containers import ContainerRelease
from gonogo.probes.deployment.deployment_protection import bypass_secret
from gonogo.probes.deployment.release import Platform, ReleaseDeployment
from gonogo.probes.deployment.site import Site
from gonogo.provider import Instance
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.records import ActionRecord
from gonogo.vendors.docker import engine_at
from gonogo.vendors.netlify import Netlify
from gonogo.vendors.transport import Transport
from gonogo.vendors.vercel import Vercel

Asked = Callable[[Platform], ReleaseDeployment]


@pytest.fixture(scope="session")
def app(instance: Instance, settings: Settings) -> Site:
    """The address that everybody uses."""
    return Site(
        where=instance.app_url,
        timeout_s=settings.app.page_timeout_s,
        bypass=bypass_secret(settings),
    )


@pytest.fixture(scope="session")
def release_on(
    deployed: ActionRecord | None,
    actions: ActionDesk,
    suite_run: SuiteRun,
    instance: Instance,
    settings: Settings,
) -> Asked:
    """How a platform is asked for the release's deployment; NOT_RUN where there is none yet."""
    taken = [each.at for each in suite_run.history().baselines if each.instance == instance.id]
    command = settings.actions.get("deploy")

    def asked(platform: Platform) -> ReleaseDeployment:
        release = ReleaseDeployment(
            platform=platform,
            commit=instance.commit,
            settings=settings.deployment,
            record=deployed,
            output=suite_run.output_of(deployed),
            begun=actions.begun("deploy") or "deploy" in instance.done,
            since=min(taken, default=None),
            command=" ".join(command.command) if command else "",
        )
        release.require()
        return release

    return asked


@pytest.fixture(scope="session")
def vercel(release_on: Asked, instance: Instance) -> ReleaseDeployment:
    """The release's deployment on Vercel."""
    return release_on(Vercel(Transport(access=instance.service("vercel"))))


@pytest.fixture(scope="session")
def netlify(release_on: Asked, instance: Instance) -> ReleaseDeployment:
    """The release's deployment on Netlify."""
    return release_on(Netlify(Transport(access=instance.service("netlify"))))


@pytest.fixture(scope="session")
def docker(
    deployed: ActionRecord | None, actions: ActionDesk, instance: Instance, settings: Settings
) -> ContainerRelease:
    """The release's containers; NOT_RUN where no engine is here, or nobody has deployed."""
    section = settings.deployment.docker
    release = ContainerRelease(
        engine=engine_at(section.socket, project=section.project),
        commit=instance.commit,
        settings=settings.deployment,
        record=deployed,
        begun=actions.begun("deploy") or "deploy" in instance.done,
    )
    release.require()
    return release
