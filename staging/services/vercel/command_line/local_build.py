"""``build``: what the platform would build, here, for ``deploy --prebuilt``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from staging.services.vercel.build_settings import BrokenConfig, BuildSettings, read_json
from staging.services.vercel.command_line.link import FILE, FOLDER
from staging.services.vercel.command_line.terminal import Stopped, note
from staging.services.vercel.command_line.upload import PREBUILT, names_not_ignored


def build(folder: Path, target: str) -> int:
    """Build the folder with the pulled settings and variables into ``.vercel/output``.

    The packages are installed only where there are none yet.
    """
    settings = read_json(folder / FILE).get("settings")
    if settings is None:
        raise Stopped("No Project Settings found locally. Run `vercel pull` for retrieving them.")
    try:
        chosen = BuildSettings.of(folder, settings)
    except BrokenConfig as error:
        raise Stopped(str(error)) from None
    environment = {
        **os.environ,
        **_variables(folder / FOLDER / f".env.{target}.local"),
        "VERCEL": "1",
        "VERCEL_ENV": target,
    }
    if chosen.install is not None and not (folder / "node_modules").exists():
        _run(chosen.install, folder, environment)
    if chosen.build is not None:
        _run(chosen.build, folder, environment)
    if not (folder / chosen.output).is_dir():
        raise Stopped(
            f'No Output Directory named "{chosen.output}" found after the Build completed.'
        )
    _keep(folder, chosen.output, target)
    note(f"Build Completed in {PREBUILT}")
    return 0


def _keep(folder: Path, output: str, target: str) -> None:
    """Put the result where ``deploy --prebuilt`` takes it from."""
    made = folder / PREBUILT
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(folder / output, made / "static")
    for name in names_not_ignored(folder):
        path = made / "functions" / "index.func" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, path)
    (made / "config.json").write_text(json.dumps({"version": 3}), "utf-8")
    (made / "builds.json").write_text(json.dumps({"target": target}), "utf-8")


def _variables(path: Path) -> dict[str, str]:
    """Read a file that ``pull`` wrote."""
    if not path.exists():
        raise Stopped(f"{path.name} is not there. Run `vercel pull --environment=...` first.")
    found = {}
    for line in path.read_text("utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            found[name] = json.loads(value)
    return found


def _run(command: str, folder: Path, environment: dict[str, str]) -> None:
    note(f'Running "{command}"')
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=environment, stdout=2, check=False
    )
    if done.returncode != 0:
        raise Stopped(f'Command "{command}" exited with {done.returncode}')
