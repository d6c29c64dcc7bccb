"""A target that is already there: checked to be the one it should be, reached, left as it is."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from gonogo.config import Settings
from gonogo.declared_target import DeclaredTarget, commit_of, declared_target
from gonogo.errors import TargetRefused
from gonogo.made_up_env import HOST, PROJECT
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.connection import Identity, Reader
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.database.session import hermetic_dsn
from gonogo.project_identity import DatabaseAddress
from gonogo.provider import Instance, Intent
from gonogo.rehearsal_copy import RehearsalCopy
from gonogo.repository import GitState
from gonogo.scratch_server import Roles, give_roles, named_scratch, programs_for, roles_of
from gonogo.services import account, app_url, declared_services

CACHE = ".cache/gonogo"
SUPABASE_DATABASE = "postgres"
SCRATCH_SUPERUSER = "gonogo_scratch"
EXTENSIONS = "SELECT extname FROM pg_extension ORDER BY 1"
OWNER = """
SELECT pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""
SCRIPT_PARTS = ("host", "port", "user", "dbname", "password", "sslmode", "sslrootcert")


@dataclass(frozen=True, kw_only=True)
class _Answered:
    """What the database said of itself."""

    where: str
    identity: Identity
    extensions: tuple[str, ...]
    owner: str
    roles: Roles


class ReachedTarget:
    """Reaches the target of *settings*; ``execute`` names the actions that this run may take.

    Off production, product scripts run in a copy of the repository below *root*, kept between
    runs; on production in the repository itself. Without actions the repository is judged as
    the team left it, unless such a copy of this commit is there.
    """

    def __init__(  # noqa: PLR0913 - what a provider is given, and what the run may do
        self,
        settings: Settings,
        *,
        root: Path,
        workspace: Path,  # noqa: ARG002 - what is made here outlives the run, or is a server's
        intent: Intent = Intent(),  # noqa: B008 - frozen
        environ: Mapping[str, str] | None = None,
        scratch: bool = True,
    ) -> None:
        self.commit = ""
        """The release's commit; empty until it is known."""
        self._settings = settings
        self._root = root
        self._execute = intent.execute
        self._environ = os.environ if environ is None else environ
        self._scratch = scratch
        self._server: EmbeddedServer | None = None
        self._password = secrets.token_urlsafe(24)

    def start(self) -> Instance:
        """Check who the target is, connect to it, prepare what its checks need.

        1. What the settings name agrees with itself, and may be acted on as asked.
        2. The repository is at the release's commit.
        3. The database answers, and product scripts are led to this very database.
        4. Programs as new as the server, and a scratch server with its roles.
        5. Where actions were asked for off production: the copy of the repository.

        Raises:
            UsageError: the target is not who it says, or the settings cannot carry the actions.
            CannotTell: it cannot be reached, or something for its checks is missing here.
        """
        declared = declared_target(self._settings, self._execute)
        state = commit_of(self._settings)
        self.commit = state.commit
        instance = self._instance(state, declared)
        if declared.reader is not None:
            answered = self._ask(declared)
            instance = self._with_scripts(instance, answered, declared)
            instance = self._with_scratch(instance, answered)
        return self._with_repository(instance, state, declared)

    def stop(self) -> None:
        """Stop the scratch server; the target stays as it is."""
        if self._server is not None:
            self._server.stop()

    def _instance(self, state: GitState, declared: DeclaredTarget) -> Instance:
        settings = self._settings
        facts = {}
        if state.changed:
            facts["repository"] = f"{len(state.changed)} files differ from the commit"
        services = declared_services(settings)
        told = {
            name: {
                each: self._environ[each] for each in action.environment if each in self._environ
            }
            for name, action in settings.actions.items()
        }
        sign_in = account(settings)
        return Instance(
            id=_word(f"target-{settings.target.name}"),
            app_url=app_url(settings),
            sign_in=sign_in,
            services=services,
            action_environments={name: given for name, given in told.items() if given},
            commit=state.commit,
            repository=str(settings.repository_path),
            env_file=str(settings.env_file_path) if declared.env_file else "",
            reader_dsn=declared.reader.reveal() if declared.reader else "",
            project_ref=next(iter(declared.refs), ""),
            secrets=(
                self._password,
                *declared.secrets,
                *sign_in.values(),
                *(service.token for service in services.values()),
                *(value for given in told.values() for value in given.values()),
            ),
            facts=facts,
            bindings=declared.bindings,
        )

    def _ask(self, declared: DeclaredTarget) -> _Answered:
        assert declared.reader is not None
        reader = Reader(
            declared.reader, statement_timeout_s=self._settings.database.statement_timeout_s
        )
        schemas = list(self._settings.database.schemas)
        with reader.session() as connection:
            owner = connection.execute(OWNER, [schemas]).fetchone()
            return _Answered(
                where=reader.where,
                identity=reader.identity(),
                extensions=tuple(str(name) for (name,) in reader.rows(EXTENSIONS).rows),
                owner=str(owner[0]) if owner else "",
                roles=roles_of(reader),
            )

    def _with_scripts(
        self, instance: Instance, answered: _Answered, declared: DeclaredTarget
    ) -> Instance:
        """Return it with its own name, and where the product's database clients are led."""
        assert declared.reader_address is not None
        name = _instance_id(answered.identity, declared.reader_address)
        instance = replace(instance, id=name, owner=answered.owner)
        if declared.admin is None or declared.admin_address is None:
            return instance
        if self._execute:
            self._check_same_database(Reader(declared.admin), answered)
        parts = conninfo_to_dict(hermetic_dsn(declared.admin))
        certificate = self._settings.database.ssl_root_cert
        if certificate:
            parts.setdefault("sslrootcert", str(self._settings.path(certificate)))
        hosts = dict.fromkeys((declared.admin_address.host, declared.reader_address.host))
        supabase = declared.on_supabase
        return replace(
            instance,
            script_connection={name: str(parts[name]) for name in SCRIPT_PARTS if parts.get(name)},
            script_hosts=() if supabase else tuple(hosts),
            script_database=SUPABASE_DATABASE if supabase else declared.admin_address.database,
        )

    def _check_same_database(self, scripts: Reader, answered: _Answered) -> None:
        found = scripts.identity()
        if _system(found) == _system(answered.identity):
            return
        raise TargetRefused(
            "the product's scripts would be led to another database than the one judged",
            where=self._settings.source_of("database.admin_url_env"),
            expected=f"{answered.where} (system {answered.identity.system_identifier})",
            found=f"{scripts.where} (system {found.system_identifier})",
            do="correct the one of database.url_env and database.admin_url_env that is wrong",
        )

    def _with_scratch(self, instance: Instance, answered: _Answered) -> Instance:
        identity = answered.identity
        binaries = programs_for(
            identity.server_version_number, extensions=answered.extensions, where=answered.where
        )
        dsn = ""
        if self._scratch:
            dsn = self._scratch_dsn(binaries, identity)
            give_roles(dsn, answered.roles)
        password = conninfo_to_dict(dsn).get("password")
        server = f"{identity.server_version} at {answered.where}, read as {identity.user}"
        return replace(
            instance,
            scratch_dsn=dsn,
            postgres={
                "folder": str(binaries.folder),
                "version": binaries.version,
                "source": binaries.source,
            },
            secrets=(*instance.secrets, str(password)) if password else instance.secrets,
            facts={**instance.facts, "PostgreSQL": server, "PostgreSQL programs": binaries.source},
        )

    def _scratch_dsn(self, binaries: PostgresBinaries, identity: Identity) -> str:
        named = named_scratch(self._environ, target_system=identity.system_identifier)
        if named:
            return named
        self._server = EmbeddedServer(
            binaries=binaries, superuser=SCRATCH_SUPERUSER, password=secrets.token_urlsafe(24)
        )
        return self._server.start().dsn()

    def _with_repository(
        self, instance: Instance, state: GitState, declared: DeclaredTarget
    ) -> Instance:
        """Return it with the repository whose scripts run, and whose backups and logs count."""
        settings = self._settings
        if settings.target.production:
            return _noting(instance, "run in the repository itself")
        copy = RehearsalCopy(settings, state, self._root / CACHE / instance.id)
        path = copy.path
        if self._execute:
            path = copy.prepare(declared.made_up_env(self._password))
        if path is None:
            return instance
        # Nothing in the copy's env file leads anywhere, so its own hosts are led to the target.
        return _noting(
            replace(
                instance,
                repository=str(path),
                project_ref=PROJECT,
                script_hosts=tuple(dict.fromkeys((*instance.script_hosts, HOST))),
                made_up_password=self._password,
            ),
            f"run in a copy of the repository, {path.relative_to(self._root)}",
        )


def _noting(instance: Instance, where: str) -> Instance:
    return replace(instance, facts={**instance.facts, "product scripts": where})


def _system(identity: Identity) -> tuple[str, str]:
    return identity.system_identifier, identity.database


def _instance_id(identity: Identity, address: DatabaseAddress) -> str:
    """Return a short name of this database on this server; it also names files."""
    if not identity.system_identifier:
        return _word(f"at-{address.host}-{address.port}-{address.database}")
    text = f"{identity.system_identifier}/{identity.database}"
    return f"pg-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")
