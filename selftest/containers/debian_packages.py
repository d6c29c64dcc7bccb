"""Unpacks a container engine from Debian's packages into the cache; nothing is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "gonogo" / "engine"
ENGINE = ("docker.io", "containerd", "runc")
COMPOSE = "docker-compose"
COMPOSE_IN = "trixie"
"""The first Debian with version 2 of it; version 1 does not know ``name`` in a compose file."""
ARCHIVE = "http://deb.debian.org/debian"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"
APT_CONF = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
APT::Sandbox::User "root";
"""


class NotHere(Exception):
    """This machine cannot do it; the words say what it lacks."""


def unpacked() -> Path:
    """Return the folder with the programs of an engine, as they lie below ``/``.

    Raises:
        NotHere: this is no Debian, or its archive cannot be reached.
    """
    programs = CACHE / "programs"
    if programs.is_dir():
        return programs
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise NotHere(
                "no container engine answers here, and there is no Debian to take it from"
            )
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        fresh = Path(folder) / "programs"
        _unpack(ENGINE, into=fresh, conf=None)
        _unpack([COMPOSE], into=fresh, conf=_apt_of(COMPOSE_IN, Path(folder)))
        fresh.rename(programs)
    return programs


def _apt_of(suite: str, folder: Path) -> Path:
    """Return the configuration of an apt that knows *suite* alone, with its lists fetched."""
    sources = f"deb [signed-by={KEYS}] {ARCHIVE} {suite} main\n"
    (folder / "sources.list").write_text(sources, "utf-8")
    conf = folder / "apt.conf"
    conf.write_text(APT_CONF.format(folder=folder), "utf-8")
    for name in ("lists", "cache/archives"):
        (folder / name / "partial").mkdir(parents=True)
    _done(["apt-get", "update"], cwd=folder, conf=conf)
    return conf


def _unpack(packages: Sequence[str], *, into: Path, conf: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        root = ["-o", "APT::Sandbox::User=root"]  # the one that apt would be may not write here
        _done(["apt-get", *root, "download", *packages], cwd=Path(folder), conf=conf)
        for package in Path(folder).iterdir():
            _done(["dpkg-deb", "--extract", str(package), str(into)], cwd=Path(folder))


def _done(words: Sequence[str], *, cwd: Path, conf: Path | None = None) -> None:
    env = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **({"APT_CONFIG": str(conf)} if conf else {})}
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"{' '.join(words[:2])} failed: {done.stderr.strip().splitlines()[-1:]}")
