"""Opens the whole box: the database, the services around it, and the product deployed there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from gonogo.config import Settings
from gonogo.env_file import read_env_file
from gonogo.errors import CannotTell
from gonogo.premises import OpenService, Premises, Progress
from gonogo.probes.database.programs import run_program
from gonogo.provider import Instance
from gonogo.repository import migration_files
from gonogo.waiting import wait_until
from staging import offices
from staging.box_cache import BoxCache
from staging.node_modules import check_node, installed, node
from staging.services.company import Company
from staging.services.sentry import Sentry
from staging.services.vercel.service import Production, Vercel

if TYPE_CHECKING:
    from staging.stack import Stack

CACHE = ".cache/gonogo/box"
COMMANDS = Path(__file__).parent / "services" / "vercel" / "bin"
DEPLOY_TIMEOUT_S = 180.0
UPLOAD_TIMEOUT_S = 60.0
HEALTH_TIMEOUT_S = 30.0
RUNTIME_FILE = "runtime.env"
FILE_TICK_NS = 1_000_000


class Opening:
    """The services of one box, and the product that was deployed at its start."""

    def __init__(self, stack: Stack, settings: Settings, *, root: Path, workspace: Path) -> None:
        self._stack = stack
        self._settings = settings
        self._cache = BoxCache(root / CACHE)
        self._runtime_file = workspace / RUNTIME_FILE
        self.keys = offices.Keys()
        self.company = Company(folder=workspace / "services")

    def open(self, progress: Progress, *, database: str, stack_id: str) -> Premises:
        """Start everything; the database of the box is *database*, migrated.

        Raises:
            CannotTell: Node is missing, a part did not start, or the product did not deploy.
        """
        check_node()
        self._cache.use()
        addresses = self.company.reserve(list(offices.SERVICES))
        progress("starting PostgreSQL and installing the product's packages")
        with ThreadPoolExecutor(max_workers=1) as pool:
            filling = pool.submit(self._fill, database)
            # Here and not in the pool: who closes the box now must not wait for npm.
            packages = installed(self._settings.repository_path, cache=self._cache.packages)
            filling.result()
        instance = self._stack.instance(database, stack_id=stack_id)
        variables = offices.platform_variables(self._example(), self.keys, addresses)
        places = offices.Places(
            node_modules=packages,
            builds=self._cache.builds,
            runtime_file=self._runtime_file,
        )
        self.set_runtime()
        progress("starting the services")
        self.company.start(
            offices.orders(
                self.keys,
                addresses,
                dsn=self._stack.server.dsn(database),
                variables=variables,
                places=places,
            )
        )
        progress("building the product and deploying it")
        self.deploy(Path(instance.repository))
        self.upload_source_maps()
        self._wait_for_health(instance, addresses[Production.name])
        return self._premises(addresses)

    def stop(self) -> None:
        """Stop the services, and with them what they serve."""
        self.company.stop()
        self._cache.leave()

    def deploy(self, repository: Path) -> str:
        """Deploy *repository* to production by the platform's command; return its address.

        Raises:
            CannotTell: the command failed, with what it said.
        """
        return _run(
            ["vercel", "deploy", "--prod", "--yes"],
            folder=repository,
            environment=self.command_environment(),
            timeout_s=DEPLOY_TIMEOUT_S,
            do="read the build log: gonogo staging logs vercel",
        )

    def upload_source_maps(self) -> None:
        """Give Sentry the source maps of the build that production serves.

        A build does that itself where it may; here a finished one is found again by its content,
        and so runs nothing.

        Raises:
            CannotTell: the product's own script failed, with what it said.
        """
        _run(
            [node(), "scripts/source-maps.mjs", "--upload"],
            folder=self._live_folder(),
            environment={
                "PATH": os.environ.get("PATH", ""),
                "SENTRY_URL": self.company.addresses[Sentry.name],
                "SENTRY_AUTH_TOKEN": self.keys.sentry_token,
                "SENTRY_ORG": offices.SENTRY_ORG,
                "SENTRY_PROJECT": offices.SENTRY_PROJECT,
            },
            timeout_s=UPLOAD_TIMEOUT_S,
            do="read what it asked: gonogo staging logs sentry",
        )

    def _live_folder(self) -> Path:
        state = self.company.state(Vercel.name)
        folders = {each["id"]: each["folder"] for each in state["deployments"]}
        return Path(folders[state["live"]])

    def set_runtime(self, **variables: str) -> None:
        """Lay *variables* over the platform's, as the product's running server reads them.

        Those of an earlier call are taken back: without any, the platform's are in force again.
        """
        before_ns = self._runtime_file.stat().st_mtime_ns if self._runtime_file.exists() else 0
        partial = self._runtime_file.with_suffix(".partial")
        partial.write_text("".join(f"{k}='{v}'\n" for k, v in variables.items()), "utf-8")
        # The server reads it again when its time is another; a file's clock ticks every few ms.
        if partial.stat().st_mtime_ns <= before_ns:
            os.utime(partial, ns=(before_ns + FILE_TICK_NS, before_ns + FILE_TICK_NS))
        partial.rename(self._runtime_file)

    def command_environment(self) -> dict[str, str]:
        """Return the environment in which the platform's command reaches the box alone."""
        path = os.pathsep.join(
            [str(COMMANDS), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        )
        return {
            "PATH": path,
            "HOME": str(self.company.folder),
            "VERCEL_TOKEN": self.keys.vercel_token,
            "VERCEL_API": self.company.addresses[Vercel.name],
            "VERCEL_ORG_ID": offices.VERCEL_TEAM_ID,
            "VERCEL_PROJECT_ID": offices.VERCEL_PROJECT_ID,
        }

    def _fill(self, database: str) -> None:
        self._stack.server.start()
        self._stack.fill_database(database)
        for migration in migration_files(self._settings):
            arguments = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(migration.path)]
            applied = run_program(
                self._stack.server.binaries,
                "psql",
                arguments,
                dsn=self._stack.owner_dsn(database),
            )
            if applied.exit_status != 0:
                raise CannotTell(
                    "the box's database cannot be migrated",
                    where=str(migration.path),
                    expected="exit status 0",
                    found="; ".join(applied.errors),
                    do="correct the migration",
                )

    def _example(self) -> Mapping[str, str]:
        name = f"{self._settings.repository.env_file}.example"
        example = read_env_file(self._settings.repository_path / name)
        return {key: value.reveal() for key, value in example.values.items()}

    def _wait_for_health(self, instance: Instance, address: str) -> None:
        def healthy() -> object:
            try:
                answer = httpx.get(f"{address}/health", timeout=5, trust_env=False)
                return answer.status_code, answer.json().get("commit")
            except (httpx.HTTPError, ValueError) as error:
                return str(error)

        wait_until(
            healthy,
            lambda seen: seen == (200, instance.commit),
            what=f"the product to answer as healthy with commit {instance.commit[:10]}",
            timeout_s=HEALTH_TIMEOUT_S,
            do="read the logs: gonogo staging logs vercel-production",
        )

    def _premises(self, addresses: Mapping[str, str]) -> Premises:
        product = OpenService(
            name="product",
            address=addresses[Production.name],
            what="Logos Vision CRM, deployed",
            log=f"{self._live_folder()}.log",
        )
        vendors = tuple(
            OpenService(
                name=name,
                address=addresses[name],
                what=f"stand-in for {service.stands_in_for}",
                log=str(self.company.access_log(name)),
            )
            for name, service in offices.SERVICES.items()
        )
        database = OpenService(
            name="database",
            address=f"{self._stack.server.host}:{self._stack.server.port}",
            what=f"PostgreSQL, {self._stack.server.binaries.source}",
            log=str(self._stack.server.log_path),
        )
        return Premises(
            services=(product, *vendors, database),
            sign_in={"email": offices.STAFF["admin"], "password": self.keys.password},
            notes=(f"database: {self._stack.superuser_command()}",),
        )


def _run(
    command: list[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout_s: float,
    do: str,
) -> str:
    """Run a command of the deployment and return what it printed."""
    where = " ".join(Path(word).name if "/" in word else word for word in command)
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        found = f"none within {timeout_s:.0f} s"
        raise _not_deployed(where, found, do) from error
    if result.returncode != 0:
        said = (result.stderr or result.stdout)[-2000:]
        raise _not_deployed(where, f"{result.returncode}: {said}", do)
    return result.stdout.strip()


def _not_deployed(where: str, found: str, do: str) -> CannotTell:
    return CannotTell(
        "the product was not deployed to the box",
        where=where,
        expected="exit status 0",
        found=found,
        do=do,
    )
