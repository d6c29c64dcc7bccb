"""A copy of the product brought up by its own compose file, and what the checks say of it."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.waiting import wait_until
from selftest.containers.engine import Engine
from selftest.containers.provider import VARIABLE
from selftest.promises.runs import ROOT, Place, box

CRM = ROOT / "staging" / "crm"
CHECKS = "tests/deployment/test_docker.py"
COMMIT = "c0ffee" * 6 + "c0de"
DATABASE = "http://database:8000"
STAND_IN = "the database: one program that answers every question with no row"
ANSWERS = (
    "require('node:http').createServer((_, answer) =>"
    " answer.setHeader('content-type', 'application/json').end('[]')).listen(8000)"
)
SETTLES_IN_S = 60.0
SECTION = """
[deployment.docker]
socket = "{socket}"
project = "{project}"
services = ["server", "web"]
"""


@dataclass(kw_only=True)
class Release:
    """One release in containers; everything in the engine has its name, and nothing else has."""

    engine: Engine
    folder: Path
    bases: tuple[str, ...]
    name: str = field(default_factory=lambda: f"gonogo-{secrets.token_hex(4)}")

    place: Place = field(init=False)
    """Where the last judgement stands."""

    def __post_init__(self) -> None:
        self.product = self.folder / "crm"
        shutil.copytree(CRM, self.product, ignore=shutil.ignore_patterns("node_modules", "dist"))
        example = (self.product / ".env.production.example").read_text("utf-8").splitlines()
        lines = [each for each in example if not each.startswith("VITE_SUPABASE_URL=")]
        lines.append(f"VITE_SUPABASE_URL={DATABASE}")
        (self.product / ".env.production").write_text("\n".join(lines), "utf-8")

    @contextmanager
    def open(self) -> Iterator[None]:
        """Build the images, give them a network with a database, and take all away at the end."""
        try:
            self.engine.docker("network", "create", self.name)
            self.compose("build")
            self.engine.docker(
                *("run", "--detach", "--name", f"{self.name}-database", "--network", self.name),
                *("--network-alias", "database", f"logos-vision-crm-server:{self.name}"),
                *("node", "-e", ANSWERS),
            )
            yield
        finally:
            self.engine.ask("rm", "--force", f"{self.name}-database")
            self.compose("down", "--timeout=1", "--rmi=all", "--remove-orphans")
            self.engine.ask("network", "rm", self.name)
            if self.engine.is_own:  # what is left of the builds; nobody else's is in it
                self.engine.ask("image", "prune", "--force")

    def compose(self, *words: str, commit: str = COMMIT, addition: str = "") -> str:
        """Run ``docker compose WORDS`` on the product's file, which is not changed."""
        ours = self.folder / "ours.yml"
        ours.write_text(self._ours() + addition, "utf-8")
        file = self.product / "deployment" / "docker-compose.yml"
        return self.engine.docker(
            *("compose", "--project-name", self.name, "--file", str(file), "--file", str(ours)),
            *("--env-file", str(self.product / ".env.production"), *words),
            COMMIT_SHA=commit,
            IMAGE_TAG=self.name,
            WEB_PORT="127.0.0.1:",  # a free one
        )

    def up(self, *, commit: str = COMMIT, addition: str = "") -> None:
        """Bring it up as the product's document says; what stands as it should is left alone."""
        words = ("up", "--detach", "--build", "--timeout=1")
        self.compose(*words, commit=commit, addition=addition)

    def container(self, service: str) -> str:
        """Return the name of the container of *service*."""
        return f"{self.name}-{service}-1"

    def inspected(self, service: str, what: str) -> str:
        """Return what the engine says of that container, by a template."""
        return self.engine.docker("inspect", "--format", what, self.container(service)).strip()

    def wait_for(self, service: str, what: str, *expected: str) -> None:
        """Wait until the engine says so."""
        wait_until(
            lambda: self.inspected(service, what),
            lambda found: found in expected,
            what=f"{what} of {service} to be {' or '.join(expected)}",
            timeout_s=SETTLES_IN_S,
            interval_s=0.5,
        )

    @property
    def address(self) -> str:
        """Where the web server answers; without its container, where nothing does."""
        asked = self.engine.ask("port", self.container("web"), "8080")
        return f"http://{asked.stdout.split()[0] if not asked.returncode else '127.0.0.1:1'}"

    def judged(self) -> dict[str, str]:
        """Return the state of each of the checks, run as a person would run them."""
        told = {
            "id": self.name,
            "commit": COMMIT,
            "repository": str(self.product),
            "app_url": self.address,
            "stand_ins": (*self.bases, STAND_IN),
        }
        self.place = self._place()
        ended = self.place.run(CHECKS, extra={VARIABLE: json.dumps(told)})
        assert self.place.reports.is_dir(), ended
        return self.place.states

    def _ours(self) -> str:
        """Return what is laid over the compose file: the network; an own engine has one only."""
        network = f"networks: {{default: {{name: {self.name}, external: true}}}}\n"
        built = "build: {network: host}" if self.engine.is_own else "restart: unless-stopped"
        return f"{network}services:\n  server:\n    {built}\n  web:\n    {built}\n"

    def _place(self) -> Place:
        folder = Path(tempfile.mkdtemp(prefix="judged-", dir=self.folder))
        place = box(folder, provider="selftest.containers.provider:Containers")
        text = place.target.read_text("utf-8")
        for old, new in (
            ('platforms = ["vercel"]', 'platforms = ["docker"]'),
            ("[deployment]\n", "[deployment]\nbuild_timeout_s = 30\n"),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        section = SECTION.format(socket=self.engine.socket, project=self.name)
        place.target.write_text(text + section, "utf-8")
        return place
