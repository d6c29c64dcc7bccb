"""Turns uploaded files into a folder that can be served, once for each content."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from staging.services.process_group import ProcessGroup
from staging.services.vercel.build_settings import LOCK_FILE, BrokenConfig, BuildSettings
from staging.services.vercel.build_variables import Withheld
from staging.services.vercel.state import Deployment

BUILD_TIMEOUT_S = 600.0
OF_THE_MACHINE = ("PATH", "HOME", "LANG", "TMPDIR")
PACKAGES = "node_modules"
PREBUILT = ".vercel/output"
PREBUILT_SOURCE = f"{PREBUILT}/functions/index.func"
PREBUILT_STATIC = f"{PREBUILT}/static"

Log = Callable[[str], None]


class BuildFailed(Exception):
    """A build that ended in an error, with the platform's code and message."""

    def __init__(self, message: str, *, code: str = "BUILD_FAILED") -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class Builder:
    """Builds deployments one at a time into a cache of finished builds."""

    uploads: Path
    """Uploaded contents, each in a file named by its SHA-1."""
    cache: Path
    node_modules: Path | None
    """Installed packages, linked in where the uploaded lock file is the one beside them."""
    gate: asyncio.Semaphore
    withheld: Withheld | None = None

    async def build(
        self, deployment: Deployment, settings: Mapping[str, Any], *, into: Path, log: Log
    ) -> None:
        """Put what *deployment* serves into the new folder *into*.

        Raises:
            BuildFailed: a command failed, or the output folder is not there.
        """
        variables = await asyncio.to_thread(self._variables, deployment)
        settings = {**settings, **deployment.settings}
        key = self._key(deployment, settings, variables)
        finished = self.cache / key
        if finished.exists():
            log(f"Restored build cache from previous deployment ({key[:12]})")
        else:
            async with self.gate:
                await self._build_into(finished, deployment, settings, variables, log)
        os.utime(finished)  # what is used longest ago is removed first
        await asyncio.to_thread(_copy, finished, into)

    def _variables(self, deployment: Deployment) -> dict[str, str]:
        """Return what a build of *deployment* sees of the platform.

        The address of the deployment (VERCEL_URL) is left out: it is new every time, so no build
        would ever be found again.
        """
        own: Mapping[str, str] = {**deployment.variables, **deployment.build_env}
        if self.withheld is not None:
            own = self.withheld.seen(own, deployment.files, uploads=self.uploads)
        return {
            **own,
            "CI": "1",
            "VERCEL": "1",
            "VERCEL_ENV": deployment.environment,
            "VERCEL_TARGET_ENV": deployment.environment,
            **({"VERCEL_GIT_COMMIT_SHA": deployment.commit} if deployment.commit else {}),
        }

    def _key(
        self, deployment: Deployment, settings: Mapping[str, Any], variables: Mapping[str, str]
    ) -> str:
        """Return the name of this content: files, variables and commands."""
        parts = [
            sorted((f.path, f.sha, f.is_executable) for f in deployment.files),
            sorted(variables.items()),
            sorted((k, v) for k, v in settings.items() if isinstance(v, str | None)),
            deployment.is_prebuilt,
            str(self.node_modules),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    async def _build_into(
        self,
        finished: Path,
        deployment: Deployment,
        settings: Mapping[str, Any],
        variables: Mapping[str, str],
        log: Log,
    ) -> None:
        """Build beside *finished*, then rename: no half-made build is ever served."""
        self.cache.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="building-", dir=self.cache))
        try:
            await asyncio.to_thread(self._write_files, deployment, partial)
            chosen = _settings(partial, settings)
            if deployment.is_prebuilt:
                _unpack_prebuilt(partial, chosen.output)
                self._link_packages(partial)
            else:
                await self._run_build(partial, chosen, variables, log)
            if not (partial / chosen.output).is_dir():
                raise BuildFailed(
                    f'No Output Directory named "{chosen.output}" found after the Build completed.'
                    " Configure the Output Directory in your Project Settings.",
                    code="STATIC_BUILD_NO_OUT_DIR",
                )
            _keep(partial, finished)
        finally:
            await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)

    def _write_files(self, deployment: Deployment, folder: Path) -> None:
        for file in deployment.files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.uploads / file.sha, path)
            if file.is_executable:
                path.chmod(0o755)

    async def _run_build(
        self, folder: Path, chosen: BuildSettings, variables: Mapping[str, str], log: Log
    ) -> None:
        environment = {**machine(), "NO_UPDATE_NOTIFIER": "1", **variables}
        if not self._link_packages(folder) and chosen.install is not None:
            await _run(chosen.install, folder, environment, log, code="NPM_INSTALL_FAILED")
        if chosen.build is not None:
            await _run(chosen.build, folder, environment, log, code="BUILD_FAILED")

    def _link_packages(self, folder: Path) -> bool:
        """Link the installed packages in when they are those of the uploaded lock file."""
        if self.node_modules is None:
            return False
        installed_from, lock_file = self.node_modules.parent / LOCK_FILE, folder / LOCK_FILE
        if not (installed_from.exists() and lock_file.exists()):
            return False
        if installed_from.read_bytes() != lock_file.read_bytes():
            return False
        (folder / PACKAGES).symlink_to(self.node_modules, target_is_directory=True)
        return True


def _keep(partial: Path, finished: Path) -> None:
    """Give a finished build its name, unless another box was faster."""
    try:
        partial.rename(finished)
    except OSError:
        if not finished.is_dir():
            raise


def _copy(finished: Path, into: Path) -> None:
    """Copy a finished build; its installed packages are shared, not copied."""
    packages = finished / PACKAGES
    shutil.copytree(finished, into, ignore=lambda folder, _: _packages_in(finished, folder))
    if packages.exists():
        (into / PACKAGES).symlink_to(packages, target_is_directory=True)


def _packages_in(finished: Path, folder: str) -> set[str]:
    return {PACKAGES} if Path(folder) == finished else set()


def _settings(folder: Path, settings: Mapping[str, Any]) -> BuildSettings:
    try:
        return BuildSettings.of(folder, settings)
    except BrokenConfig as error:
        raise BuildFailed(str(error), code="INVALID_JSON") from error


def _unpack_prebuilt(folder: Path, output: str) -> None:
    """Put what ``vercel build`` made where a build here would have put it."""
    source, static = folder / PREBUILT_SOURCE, folder / PREBUILT_STATIC
    if not static.is_dir():
        raise BuildFailed("The prebuilt output has no static folder.", code="PREBUILT_INVALID")
    static.rename(folder / "static-of-the-build")
    if source.is_dir():
        shutil.copytree(source, folder, dirs_exist_ok=True)
    shutil.rmtree(folder / ".vercel")
    shutil.rmtree(folder / output, ignore_errors=True)
    (folder / "static-of-the-build").rename(folder / output)


def machine() -> dict[str, str]:
    """Return the little that a program of the platform sees of this machine."""
    return {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ}


async def _run(
    command: str, folder: Path, environment: Mapping[str, str], log: Log, *, code: str
) -> None:
    """Run one command of a build; its output becomes the deployment's log."""
    log(f'Running "{command}"')
    local = f"{folder / PACKAGES / '.bin'}:{environment.get('PATH', os.defpath)}"
    group = await ProcessGroup.start(
        ("/bin/sh", "-c", command), folder=folder, environment={**environment, "PATH": local}
    )
    try:
        async with asyncio.timeout(BUILD_TIMEOUT_S):
            reading = asyncio.create_task(_read(group, log))
            status = await group.ended()
            await reading
    except TimeoutError as error:
        raise BuildFailed("The build exceeded its time limit.", code="BUILD_TIMEOUT") from error
    finally:
        group.end()
    if status != 0:
        raise BuildFailed(f'Command "{command}" exited with {status}', code=code)


async def _read(group: ProcessGroup, log: Log) -> None:
    async for line in group.output:
        log(line.decode("utf-8", "replace").rstrip())
