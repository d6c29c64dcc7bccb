"""The release in containers: are they made of its images, do they run, are they healthy?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gonogo.comparison import Comparison, Difference
from gonogo.config_app import DeploymentSection
from gonogo.errors import CannotTell, NotDoneYet, WaitTimedOut
from gonogo.records import ActionRecord
from gonogo.vendors.docker import Container, Docker, Image
from gonogo.waiting import wait_until

LOOK_EVERY_S = 1.0
ABSENT = "no container"
READ_LOGS = "read docker compose logs of that service, mend the cause, then bring it up again"
GIVE_CHECK = (
    "give that image a HEALTHCHECK, or the service one in the compose file, and bring it up again;"
    " Podman and buildah keep an image's only where it is built with --format docker"
)


@dataclass(frozen=True, kw_only=True)
class ContainerRelease:
    """Looks at one engine for the containers of *commit*.

    ``record`` is how the deploy action ended, None where it was done by hand; ``begun`` says
    whether any run started it.
    """

    engine: Docker
    commit: str
    settings: DeploymentSection
    record: ActionRecord | None = None
    begun: bool = False

    @property
    def where(self) -> str:
        """Where it is looked at."""
        return self.engine.where

    def require(self) -> None:
        """Leave containers that nobody has started unjudged.

        Raises:
            NotDoneYet: there is none of this project.
            CannotTell: the engine cannot be asked, or no project is named.
        """
        if not self.settings.docker.project:
            raise CannotTell(
                "the compose project is not known",
                expected="deployment.docker.project in the target file",
                found="nothing",
                do="name it: docker compose ls shows the projects",
            )
        if not self.begun and self.record is None and not self.engine.containers():
            raise NotDoneYet(
                "not deployed yet",
                where=self.where,
                expected="containers of this project",
                found="none",
                do="run docker compose up -d --build, then this again",
            )

    def containers(self) -> tuple[Container, ...]:
        """Return the containers when none of them is starting any more, or the time is over."""
        seen: list[tuple[Container, ...]] = []

        def look() -> tuple[Container, ...]:
            seen.append(self.engine.containers())
            return seen[-1]

        try:
            return wait_until(
                look,
                lambda found: not any(each.health == "starting" for each in found),
                what="the health checks of the containers",
                timeout_s=self.settings.build_timeout_s,
                interval_s=LOOK_EVERY_S,
            )
        except WaitTimedOut:
            return seen[-1]

    def images(self, containers: Sequence[Container]) -> tuple[Image, ...]:
        """Return the images that the containers are made of."""
        ids = dict.fromkeys(each.image_id for each in containers)
        return tuple(self.engine.image(each) for each in ids)

    def built(self, images: Sequence[Image]) -> Comparison:
        """Compare the images with those of this release.

        An image without the variable, such as that of a proxy, says nothing; one at least must.

        Raises:
            CannotTell: a commit should be named, and no image names one.
        """
        variable = self.settings.docker.commit_variable
        named = [(image, image.variables[variable]) for image in images if _names(image, variable)]
        if images and variable and not named:
            raise CannotTell(
                "no image names the commit that it was built from",
                where=self.where,
                expected=f"{variable} in the environment of one of them",
                found=", ".join(map(str, images)),
                do="build with that argument, or correct deployment.docker.commit_variable",
            )
        differences = [
            Difference(subject=f"commit of {image}", expected=self.commit, found=found)
            for image, found in named
            if found != self.commit
        ]
        if self.record is not None and not self.record.ended_well:
            differences.append(
                Difference(
                    subject="the deploy command", expected="exit status 0", found=str(self.record)
                )
            )
        return Comparison(
            subject="images",
            checked=len(images),
            differences=tuple(differences),
            do="build the images of this commit, then bring the project up again",
        )

    def started(self, containers: Sequence[Container]) -> Comparison:
        """Compare the containers with those that run and were never started again."""
        wrong = [each for each in containers if not each.is_running or each.restarts]
        return self._compared("containers that run", containers, wrong, "running, 0 restarts")

    def healthy(self, containers: Sequence[Container]) -> Comparison:
        """Compare the containers with those whose own health check passes."""
        wrong = [each for each in containers if each.health != "healthy"]
        is_unchecked = bool(wrong) and not any(each.health for each in wrong)
        do = GIVE_CHECK if is_unchecked else READ_LOGS
        return self._compared("healthy containers", containers, wrong, "healthy", do=do)

    def _compared(
        self,
        subject: str,
        containers: Sequence[Container],
        wrong: Sequence[Container],
        expected: str,
        *,
        do: str = READ_LOGS,
    ) -> Comparison:
        there = {each.service for each in containers}
        missing = [name for name in self.settings.docker.services if name not in there]
        return Comparison(
            subject=subject,
            checked=len(containers) + len(missing),
            differences=(
                *(Difference(subject=n, expected=expected, found=ABSENT) for n in missing),
                *(Difference(subject=e.service, expected=expected, found=str(e)) for e in wrong),
            ),
            do=do,
        )


def _names(image: Image, variable: str) -> bool:
    return image.variables.get(variable, "") not in {"", "unknown"}
