"""Who the settings say the target is, and what a run may do to it; nobody connects here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass

from psycopg.conninfo import conninfo_to_dict

from gonogo.config import Settings
from gonogo.env_file import EnvFile, read_env_file
from gonogo.errors import CannotTell, ConfigError, TargetRefused
from gonogo.made_up_env import PROJECT, made_up_values, secret_values
from gonogo.project_identity import DatabaseAddress, Proof, database_address, reader_dsn
from gonogo.redaction import Secret
from gonogo.repository import GitState, git_state
from gonogo.target import check_identity


@dataclass(frozen=True, kw_only=True)
class DeclaredTarget:
    """The target's addresses and env file; everything that names a project agrees."""

    settings: Settings
    env_file: EnvFile | None
    reader: Secret | None
    reader_address: DatabaseAddress | None
    admin: Secret | None
    admin_address: DatabaseAddress | None
    proofs: tuple[Proof, ...]

    @property
    def refs(self) -> tuple[str, ...]:
        """The projects that were named; one on Supabase, none elsewhere."""
        return tuple(dict.fromkeys(proof.ref for proof in self.proofs if proof.ref))

    @property
    def on_supabase(self) -> bool:
        """Whether the product's scripts reach a Supabase project, or believe so."""
        variable = self.settings.supabase.api_url_variable
        return bool(self.refs) or bool(self.env_file and self.env_file.text_of(variable))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be written: the addresses, their passwords, the product's secrets."""
        dsns = [dsn.reveal() for dsn in (self.reader, self.admin) if dsn is not None]
        passwords = [conninfo_to_dict(dsn).get("password") for dsn in dsns]
        return (
            *dsns,
            *(str(each) for each in passwords if each),
            *secret_values(self._values(self.env_file)),
        )

    @property
    def bindings(self) -> dict[str, str]:
        """The digest of the env file that evidence depends on."""
        if self.env_file is None:
            return {}
        content = self.settings.env_file_path.read_bytes()
        return {"env": hashlib.sha256(content).hexdigest()}

    def made_up_env(self, password: str) -> dict[str, str]:
        """Return the env file, or its example, with nothing real left in it."""
        path = self.settings.env_file_path
        example = path.with_name(f"{path.name}.example")
        found = self.env_file
        if found is None and example.is_file():
            found = read_env_file(example)
        values = self._values(found)
        made_up = made_up_values(values, refs=self.refs, password=password)
        variable = self.settings.supabase.api_url_variable
        if values.get(variable):
            made_up[variable] = f"https://{PROJECT}.supabase.co"
        return made_up

    @staticmethod
    def _values(env_file: EnvFile | None) -> dict[str, str]:
        return {n: v.reveal() for n, v in env_file.values.items()} if env_file else {}


def declared_target(settings: Settings, execute: Collection[str]) -> DeclaredTarget:
    """Return who the settings say the target is; *execute* names the actions of this run.

    Raises:
        TargetRefused: what names a project disagrees, or is production where none is expected.
        ConfigError: a variable is not set, the env file cannot be read, or an action lacks what
            it needs.
    """
    path = settings.env_file_path
    env_file = None
    if os.path.lexists(path):
        env_file = read_env_file(path, shown=f"{settings.repository.env_file} ({path})")
    reader = reader_dsn(settings) if settings.database.url_env else None
    admin = _admin(settings, execute)
    reader_address = _address(settings, reader, "database.url_env")
    admin_address = _address(settings, admin, "database.admin_url_env")
    proofs = check_identity(settings, reader_address, env_file, admin=admin_address)
    declared = DeclaredTarget(
        settings=settings,
        env_file=env_file,
        reader=reader,
        reader_address=reader_address,
        admin=admin,
        admin_address=admin_address,
        proofs=proofs,
    )
    if execute:
        _check_addresses(declared, execute)
    for name in execute:
        _check_answers(settings, name)
    return declared


def commit_of(settings: Settings) -> GitState:
    """Return the commit of the repository; a configured one must be that.

    Raises:
        TargetRefused: the repository is at another commit.
        CannotTell: nobody can say which commit it is.
    """
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


def _admin(settings: Settings, execute: Collection[str]) -> Secret | None:
    """Return the scripts' connection; only a run that acts must have it."""
    if not settings.database.admin_url_env:
        return None
    try:
        return settings.secret("database.admin_url_env")
    except ConfigError:
        if execute:
            raise
        return None


def _address(settings: Settings, dsn: Secret | None, key: str) -> DatabaseAddress | None:
    return None if dsn is None else database_address(dsn, where=settings.source_of(key))


def _check_addresses(declared: DeclaredTarget, execute: Collection[str]) -> None:
    needed = (
        ("database.url_env", declared.reader, "the database's address for reading"),
        ("database.admin_url_env", declared.admin, "the address for the product's own scripts"),
    )
    for key, value, meaning in needed:
        if value is None:
            raise ConfigError(
                f"--execute {','.join(execute)} needs {key}",
                where=declared.settings.file,
                expected=f"the variable with {meaning}",
                found="nothing",
                do=f"set {key} in {declared.settings.file}",
            )


def _check_answers(settings: Settings, name: str) -> None:
    """Check that each prompt of the action *name* has its answer, and no made-up one for real."""
    for index, prompt in enumerate(settings.actions[name].prompts):
        if prompt.answer_env:
            settings.secret(f"actions.{name}.prompts.{index}.answer_env")
        if prompt.answer_made_up and settings.target.production:
            raise ConfigError(
                f"the prompt {prompt.pattern!r} of {name} would get a made-up answer",
                where=settings.source_of(f"actions.{name}.prompts"),
                expected="answer_env, the name of a variable: this target is production",
                found="answer_made_up = true",
                do=f"correct actions.{name}.prompts",
            )
