"""Opens the whole box: the database, the services around it, and the product deployed there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gonogo.config import Settings
from gonogo.env_file import read_env_file
from gonogo.errors import CannotTell
from gonogo.premises import OpenService, Premises, Progress
from gonogo.probes.database.programs import run_program
from gonogo.provider import Instance
from gonogo.repository import migration_files
from staging import offices
from staging.box_cache import BoxCache
from staging.deploy_command import run_command
from staging.health import wait_for_health
from staging.node_modules import check_node, installed, node
from staging.runtime_file import RuntimeFile
from staging.services.company import Company
from staging.services.netlify.service import Netlify
from staging.services.sentry import Sentry
from staging.services.supabase import Supabase
from staging.services.vercel.service import Vercel

if TYPE_CHECKING:
    from staging.stack import Stack

CACHE = ".cache/gonogo/box"
COMMANDS = tuple(
    Path(__file__).parent / "services" / each / "bin" for each in ("vercel", "netlify")
)
DEPLOY: Mapping[str, tuple[str, ...]] = {
    Vercel.name: ("vercel", "deploy", "--prod", "--yes"),
    Netlify.name: (
        *("sh", "-c"),
        'netlify env:set COMMIT_SHA "$(git rev-parse HEAD)" && netlify deploy --prod',
    ),
}
DEPLOY_TIMEOUT_S = 180.0
UPLOAD_TIMEOUT_S = 60.0
RUNTIME_FILE = "runtime.env"


class Opening:
    """The services of one box, and the product that was deployed at its start."""

    def __init__(self, stack: Stack, settings: Settings, *, root: Path, workspace: Path) -> None:
        self._stack = stack
        self._settings = settings
        self._cache = BoxCache(root / CACHE)
        self._runtime_file = RuntimeFile(workspace / RUNTIME_FILE)
        self.keys = offices.Keys()
        self.company = Company(folder=workspace / "services")
        self._variables: Mapping[str, str] = {}
        self._packages = Path()

    def open(self, progress: Progress, *, database: str, stack_id: str) -> Premises:
        """Start everything for people; the database of the box is *database*, migrated.

        Raises:
            CannotTell: a part did not start, or the product did not deploy.
        """
        self.start(progress, database=database, stack_id=stack_id, whole=True)
        return self._premises(self.company.addresses)

    def start(self, progress: Progress, *, database: str, stack_id: str, whole: bool) -> Instance:
        """Start the server and all services, and say how to reach them.

        *whole* migrates the database and deploys the product, too; else that is left to actions.

        Raises:
            ToolMissing: Node is missing or too old.
            CannotTell: a part did not start, or the product did not deploy.
        """
        check_node()
        self._cache.use()
        addresses = self.company.reserve(list(offices.SERVICES))
        progress("starting PostgreSQL and installing the product's packages")
        with ThreadPoolExecutor(max_workers=1) as pool:
            filling = pool.submit(self._fill, database, migrated=whole)
            try:
                # Here and not in the pool: who closes the box now must not wait for npm.
                self._packages = installed(
                    self._settings.repository_path, cache=self._cache.packages
                )
            finally:
                filling.result()
        self._variables = offices.platform_variables(self._example(), self.keys, addresses)
        places = offices.Places(
            node_modules=self._packages,
            builds=self._cache.builds,
            runtime_file=self._runtime_file.path,
        )
        self.set_runtime()
        progress("starting the services")
        self.company.start(
            offices.orders(
                self.keys,
                addresses,
                dsn=self._stack.server.dsn(database),
                variables=self._variables,
                places=places,
            )
        )
        instance = self.instance(database, stack_id=stack_id)
        if whole:
            progress("building the product and deploying it")
            self.release(instance)
            wait_for_health(self.production, commit=instance.commit)
        return instance

    @property
    def _platform(self) -> str:
        """The platform that the target is deployed on; the first of several."""
        known = (name for name in self._settings.deployment.platforms if name in DEPLOY)
        return next(known, Vercel.name)

    @property
    def production(self) -> str:
        """Where the platform serves production."""
        return self.company.addresses[offices.PRODUCTION_OF[self._platform]]

    def release(self, instance: Instance) -> None:
        """Deploy the instance's repository to production, and give Sentry its source maps.

        Raises:
            CannotTell: a command failed, with what it said.
        """
        self.deploy(Path(instance.repository))
        if self._platform == Vercel.name:
            self.upload_source_maps()

    def stop(self) -> None:
        """Stop the services, and with them what they serve."""
        self.company.stop()
        self._cache.leave()

    def deploy(self, repository: Path) -> str:
        """Deploy *repository* to production by the platform's command; return its address.

        Raises:
            CannotTell: the command failed, with what it said.
        """
        return run_command(
            list(DEPLOY[self._platform]),
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
        run_command(
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
        self._runtime_file.write(**variables)

    def command_environment(self) -> dict[str, str]:
        """Return the environment in which the platform's command reaches the box alone."""
        path = os.pathsep.join(
            [*map(str, COMMANDS), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        )
        return {
            "PATH": path,
            "HOME": str(self.company.folder),
            "VERCEL_TOKEN": self.keys.vercel_token,
            "VERCEL_API": self.company.addresses[Vercel.name],
            "VERCEL_ORG_ID": offices.VERCEL_TEAM_ID,
            "VERCEL_PROJECT_ID": offices.VERCEL_PROJECT_ID,
            "NETLIFY_AUTH_TOKEN": self.keys.netlify_token,
            "NETLIFY_API_URL": self.company.addresses[Netlify.name],
            "NETLIFY_SITE_ID": offices.NETLIFY_SITE_ID,
        }

    def instance(self, database: str, *, stack_id: str) -> Instance:
        """Copy the repository out and return how to reach the box with *database* in it."""
        addresses = self.company.addresses
        # The product's own scripts read the project from the address; its stand-in is elsewhere.
        given = {**self._variables, offices.SUPABASE_URL: offices.PROJECT_URL}
        instance = self._stack.instance(database, stack_id=stack_id, given=given)
        (Path(instance.repository) / "node_modules").symlink_to(self._packages)
        return replace(
            instance,
            app_url=self.production,
            sign_in={"user": offices.STAFF["admin"], "password": self.keys.password},
            services=offices.accesses(self.keys, addresses),
            standing_in={offices.PROJECT_URL: addresses[Supabase.name]},
            action_environments={"deploy": self.command_environment()},
            secrets=(*instance.secrets, *self.keys.values()),
            stand_ins=(
                *instance.stand_ins,
                *(f"{s.stands_in_for}, in a local server" for s in offices.SERVICES.values()),
            ),
        )

    def _fill(self, database: str, *, migrated: bool) -> None:
        self._stack.server.start()
        self._stack.fill_database(database)
        for migration in migration_files(self._settings) if migrated else ():
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

    def _premises(self, addresses: Mapping[str, str]) -> Premises:
        product = OpenService(
            name="product",
            address=self.production,
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
