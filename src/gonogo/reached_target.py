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
from gonogo.env_file import EnvFile, read_env_file
from gonogo.errors import CannotTell, ConfigError, TargetRefused
from gonogo.made_up_env import HOST, PROJECT, made_up_values
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.connection import Identity, Reader
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.database.session import hermetic_dsn
from gonogo.project_identity import DatabaseAddress, Proof, database_address, reader_dsn
from gonogo.provider import Instance
from gonogo.redaction import Secret
from gonogo.rehearsal_copy import RehearsalCopy
from gonogo.repository import GitState, git_state
from gonogo.scratch_server import give_roles, named_scratch, programs_for, roles_of
from gonogo.target import check_identity

CACHE = ".cache/gonogo"
SUPABASE_DATABASE = "postgres"
SCRATCH_SUPERUSER = "gonogo_scratch"


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the settings say of the target before anybody connects to it."""

    env_file: EnvFile | None
    reader: Secret | None
    reader_address: DatabaseAddress | None
    admin: Secret | None
    admin_address: DatabaseAddress | None
    proofs: tuple[Proof, ...]

    @property
    def refs(self) -> tuple[str, ...]:
        """The projects it names; one where it is Supabase, none elsewhere."""
        return tuple(dict.fromkeys(proof.ref for proof in self.proofs if proof.ref))


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
        workspace: Path,
        execute: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
        scratch: bool = True,
    ) -> None:
        self.commit = ""
        """The release's commit; empty until it is known."""
        self._settings = settings
        self._root = root
        self._workspace = workspace
        self._execute = execute
        self._environ = os.environ if environ is None else environ
        self._scratch = scratch
        self._server: EmbeddedServer | None = None
        self._password = secrets.token_urlsafe(24)

    def start(self) -> Instance:
        """Check who the target is, connect to it, prepare what its checks need.

        1. What the settings name agrees with itself, and may be acted on as asked.
        2. The repository is at the release's commit.
        3. The database answers, and product scripts are routed to this very database.
        4. Programs as new as the server, and a scratch server with its roles.
        5. Where actions were asked for off production: the copy of the repository.

        Raises:
            UsageError: the target is not who it says, or the settings cannot carry the actions.
            CannotTell: it cannot be reached, or something for its checks is missing here.
        """
        known = self._known()
        self._check_actions(known)
        state = self._git_state()
        self.commit = state.commit
        instance = self._instance(state, known)
        if known.reader is not None:
            instance = self._with_database(instance, known.reader, known)
        return self._with_repository(instance, state, known)

    def stop(self) -> None:
        """Stop the scratch server; the target stays as it is."""
        if self._server is not None:
            self._server.stop()

    def _known(self) -> _Known:
        settings = self._settings
        path = settings.env_file_path
        env_file = None
        if os.path.lexists(path):
            env_file = read_env_file(path, shown=f"{settings.repository.env_file} ({path})")
        reader = reader_dsn(settings) if settings.database.url_env else None
        address = self._address(reader, "database.url_env")
        admin = self._admin()
        admin_address = self._address(admin, "database.admin_url_env")
        proofs = check_identity(settings, address, env_file, admin=admin_address)
        return _Known(
            env_file=env_file,
            reader=reader,
            reader_address=address,
            admin=admin,
            admin_address=admin_address,
            proofs=proofs,
        )

    def _admin(self) -> Secret | None:
        """Return the scripts' connection; only a run that acts must have it."""
        if not self._settings.database.admin_url_env:
            return None
        try:
            return self._settings.secret("database.admin_url_env")
        except ConfigError:
            if self._execute:
                raise
            return None

    def _address(self, dsn: Secret | None, key: str) -> DatabaseAddress | None:
        if dsn is None:
            return None
        return database_address(dsn, where=self._settings.source_of(key))

    def _check_actions(self, known: _Known) -> None:
        """Refuse what --execute could not carry through, before anything starts."""
        settings = self._settings
        if not self._execute:
            return
        for key, value in (("url_env", known.reader), ("admin_url_env", known.admin)):
            if value is None:
                raise ConfigError(
                    f"--execute {','.join(self._execute)} needs database.{key}",
                    where=settings.file,
                    expected="the variable with the database's address for "
                    + ("reading" if key == "url_env" else "the product's own scripts"),
                    found="nothing",
                    do=f"set database.{key} in {settings.file}",
                )
        for name in self._execute:
            for index, prompt in enumerate(settings.actions[name].prompts):
                key = f"actions.{name}.prompts.{index}"
                if prompt.answer_env:
                    settings.secret(f"{key}.answer_env")
                if prompt.answer_made_up and settings.target.production:
                    raise ConfigError(
                        f"the prompt {prompt.pattern!r} of {name} would get a made-up answer",
                        where=settings.source_of(f"actions.{name}.prompts"),
                        expected="answer_env, the name of a variable: this target is production",
                        found="answer_made_up = true",
                        do=f"correct actions.{name}.prompts",
                    )

    def _git_state(self) -> GitState:
        """Return the commit of the repository; a configured one must be that.

        Raises:
            TargetRefused: the repository is at another commit.
            CannotTell: nobody can say which commit it is.
        """
        settings = self._settings
        wanted = settings.release.commit
        try:
            state = git_state(settings.repository_path)
        except CannotTell:
            if not wanted or not settings.repository_path.is_dir():
                raise
            return GitState(commit=wanted, changed=None, source=settings.file)
        if not state.commit.startswith(wanted):
            raise TargetRefused(
                "the repository is at another commit than the release",
                where=str(settings.repository_path),
                expected=f"commit {wanted} ({settings.source_of('release.commit')})",
                found=f"commit {state.commit[:10]}",
                do="check out that commit, or correct release.commit",
            )
        return state

    def _instance(self, state: GitState, known: _Known) -> Instance:
        settings = self._settings
        facts = {}
        if state.changed:
            facts["repository"] = f"{len(state.changed)} files differ from the commit"
        return Instance(
            id=_word(f"target-{settings.target.name}"),
            commit=state.commit,
            repository=str(settings.repository_path),
            env_file=str(settings.env_file_path) if known.env_file else "",
            reader_dsn=known.reader.reveal() if known.reader else "",
            project_ref=next(iter(known.refs), ""),
            secrets=self._secrets(known),
            facts=facts,
            bindings=self._bindings(),
        )

    def _secrets(self, known: _Known) -> tuple[str, ...]:
        """Return what the redactor cannot find in the settings: passwords inside addresses."""
        dsns = [dsn.reveal() for dsn in (known.reader, known.admin) if dsn is not None]
        passwords = [conninfo_to_dict(dsn).get("password") for dsn in dsns]
        return (self._password, *dsns, *(str(each) for each in passwords if each))

    def _bindings(self) -> dict[str, str]:
        path = self._settings.env_file_path
        if not path.is_file():
            return {}
        return {"env": hashlib.sha256(path.read_bytes()).hexdigest()}

    def _with_database(self, instance: Instance, reader_url: Secret, known: _Known) -> Instance:
        settings = self._settings
        reader = Reader(
            reader_url,
            schemas=settings.database.schemas,
            statement_timeout_s=settings.database.statement_timeout_s,
        )
        with reader.session():
            identity = reader.identity()
            extensions = [str(name) for (name,) in reader.rows(_EXTENSIONS).rows]
            roles = roles_of(reader)
        assert known.reader_address is not None
        server = f"{identity.server_version} at {reader.where}, read as {identity.user}"
        binaries = programs_for(
            identity.server_version_number, extensions=extensions, where=reader.where
        )
        scratch_dsn = ""
        if self._scratch:
            scratch_dsn = self._scratch_dsn(binaries, identity)
            give_roles(scratch_dsn, roles)
        instance = replace(
            instance,
            id=_instance_id(identity, known.reader_address),
            scratch_dsn=scratch_dsn,
            postgres={
                "folder": str(binaries.folder),
                "version": binaries.version,
                "source": binaries.source,
            },
            facts={**instance.facts, "PostgreSQL": server, "PostgreSQL programs": binaries.source},
        )
        return self._with_scripts(instance, reader, identity, known)

    def _scratch_dsn(self, binaries: PostgresBinaries, identity: Identity) -> str:
        named = named_scratch(self._environ, target_system=identity.system_identifier)
        if named:
            return named
        self._server = EmbeddedServer(
            binaries=binaries, superuser=SCRATCH_SUPERUSER, password=secrets.token_urlsafe(24)
        )
        return self._server.start().dsn()

    def _with_scripts(
        self, instance: Instance, reader: Reader, identity: Identity, known: _Known
    ) -> Instance:
        """Return it with where the product's own database clients are led."""
        if known.admin is None or known.admin_address is None:
            return instance
        if self._execute:
            scripts = Reader(known.admin)
            found = scripts.identity()
            if _system(found) != _system(identity):
                raise TargetRefused(
                    "the product's scripts would be led to another database than the one judged",
                    where=self._settings.source_of("database.admin_url_env"),
                    expected=f"{reader.where} (system identifier {identity.system_identifier})",
                    found=f"{scripts.where} (system identifier {found.system_identifier})",
                    do="correct the one of database.url_env and database.admin_url_env"
                    " that is wrong",
                )
        parts = conninfo_to_dict(hermetic_dsn(known.admin))
        certificate = self._settings.database.ssl_root_cert
        if certificate:
            parts.setdefault("sslrootcert", str(self._settings.path(certificate)))
        hosts = tuple(
            address.host
            for address in (known.admin_address, known.reader_address)
            if address is not None
        )
        on_supabase = bool(known.refs) or self._names_api(known)
        return replace(
            instance,
            script_connection={name: str(parts[name]) for name in _SCRIPT_PARTS if parts.get(name)},
            script_hosts=() if on_supabase else tuple(dict.fromkeys(hosts)),
            script_database=SUPABASE_DATABASE if on_supabase else known.admin_address.database,
        )

    def _names_api(self, known: _Known) -> bool:
        variable = self._settings.supabase.api_url_variable
        return known.env_file is not None and bool(known.env_file.text_of(variable))

    def _with_repository(self, instance: Instance, state: GitState, known: _Known) -> Instance:
        """Return it with the repository whose scripts run, and whose backups and logs count."""
        settings = self._settings
        if settings.target.production:
            return _noting(instance, "run in the repository itself")
        copy = RehearsalCopy(settings, state, self._root / CACHE / instance.id)
        path = copy.path
        if self._execute:
            path = copy.prepare(self._made_up_env(known))
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

    def _made_up_env(self, known: _Known) -> dict[str, str]:
        settings = self._settings
        found = known.env_file
        example = settings.env_file_path.with_name(f"{settings.env_file_path.name}.example")
        if found is None and example.is_file():
            found = read_env_file(example)
        values = {name: value.reveal() for name, value in found.values.items()} if found else {}
        variable = settings.supabase.api_url_variable
        made_up = made_up_values(values, refs=known.refs, password=self._password)
        if values.get(variable):
            made_up[variable] = f"https://{PROJECT}.supabase.co"
        return made_up


_EXTENSIONS = "SELECT extname FROM pg_extension ORDER BY 1"
_SCRIPT_PARTS = ("host", "port", "user", "dbname", "password", "sslmode", "sslrootcert")


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
