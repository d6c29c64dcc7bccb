"""Is this target who it says, and may this run change it? Pure rules, decided before anything.

Every refusal names what, where, expected, found and what to do, and never a secret.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gonogo.config import ACTION_PHASES, Settings
from gonogo.env_file import EnvFile
from gonogo.errors import TargetRefused, UsageError
from gonogo.project_identity import (
    DatabaseAddress,
    Proof,
    database_address,
    database_proof,
    env_file_proofs,
)

__all__ = [
    "DatabaseAddress",
    "Proof",
    "check_declaration",
    "check_effect",
    "check_identity",
    "check_permissions",
    "database_address",
]


def check_identity(
    settings: Settings,
    database: DatabaseAddress | None = None,
    env_file: EnvFile | None = None,
    *,
    admin: DatabaseAddress | None = None,
) -> tuple[Proof, ...]:
    """Return what says which project the target is, when all of it agrees with the settings.

    1. A production target names its project; a target that is none has no production project.
    2. The database's address, the scripts' (*admin*), the API's URL and the anonymous key name
       their projects.
    3. None of them is production where the target is not marked so.
    4. Each agrees with ``supabase.project_ref``, or with the others where that is empty.

    The caller still checks the database's own identity once it is connected.

    Raises:
        TargetRefused: any of this does not hold.
    """
    check_declaration(settings)
    proofs = [database_proof(database, settings)] if database else []
    if admin:
        proofs.append(database_proof(admin, settings, key="database.admin_url_env"))
    if env_file:
        proofs += env_file_proofs(env_file, settings)
    for proof in proofs:
        _check_not_production(proof, settings)
    _check_agreement(proofs, settings)
    if settings.target.production and not any(proof.ref for proof in proofs):
        raise TargetRefused(
            "nothing proves which project this production target is",
            where=settings.file,
            expected=f"a connection string, API URL or key of {settings.supabase.project_ref}",
            found="none of them",
            do="set database.url_env, or complete the product's env file",
        )
    return tuple(proofs)


def check_permissions(
    settings: Settings,
    execute: Iterable[str],
    phases: Collection[str],
    confirm: str | None = None,
) -> None:
    """Check that the actions named by --execute may run in *phases* (those -m selects).

    Raises:
        UsageError: an action is unknown, or not of these phases.
        TargetRefused: it is production, and not confirmed or never allowed there.
    """
    wanted = list(execute)
    for name in wanted:
        if name not in settings.actions:
            raise UsageError(
                f"--execute names an action that is not configured: {name}",
                where=settings.file,
                expected=f"one of {', '.join(settings.actions) or 'none: no action is configured'}",
                found=name,
                do=f"correct --execute, or add [actions.{name}] to {settings.file}",
            )
        phase = settings.action_phase(name)
        if phase not in phases:
            raise UsageError(
                f"--execute {name} does not fit the phases selected",
                expected=f"-m {phase}",
                found=f"-m {' or '.join(sorted(phases)) or '(nothing)'}",
                do=f"select its phase too (-m {phase}), or leave {name} out",
            )
    if wanted and settings.target.production:
        _check_production_actions(settings, wanted, confirm)


def check_effect(settings: Settings, effect: str) -> None:
    """Check that a check with *effect* may run: test events need a word in the config anywhere.

    On production so do writes to the target and to third parties.

    Raises:
        TargetRefused: the effect is not allowed on this target.
    """
    needs_word = effect == "test-event" or settings.target.production
    if effect in ("", "none") or not needs_word or effect in settings.target.actions:
        return
    raise TargetRefused(
        f"checks with the effect {effect} are not allowed on this target",
        where=settings.source_of("target.actions"),
        expected=f'target.actions with "{effect}"',
        found=f"{list(settings.target.actions)}",
        do=f'add "{effect}" to target.actions in {settings.file} if that is what you want',
    )


def check_declaration(settings: Settings) -> None:
    """Check what the target file itself says of production.

    Raises:
        TargetRefused: production without a project, or a project that is production unmarked.
    """
    ref, production = settings.supabase.project_ref, settings.supabase.production_refs
    if settings.target.production and not ref:
        raise TargetRefused(
            "a production target must say which project it is",
            where=settings.source_of("target.production"),
            expected="supabase.project_ref",
            found="nothing",
            do=f"set supabase.project_ref in {settings.file}",
        )
    if settings.target.production and production and ref not in production:
        raise TargetRefused(
            "this production target is none of the production projects",
            where=settings.source_of("supabase.project_ref"),
            expected=f"one of {', '.join(production)}",
            found=ref,
            do="correct supabase.project_ref or supabase.production_refs",
        )
    if not settings.target.production and ref and ref in production:
        raise _production_refusal(
            settings, what="supabase.project_ref", where="supabase.project_ref", found=ref
        )


def _check_not_production(proof: Proof, settings: Settings) -> None:
    if settings.target.production:
        return
    if proof.ref and proof.ref in settings.supabase.production_refs:
        raise _production_refusal(
            settings, what=proof.subject, where=proof.where, found=f"project {proof.ref}"
        )
    for host in settings.supabase.production_hosts:
        name = host.lower().rstrip(".")
        if proof.host == name or proof.host.endswith(f".{name}"):
            raise _production_refusal(
                settings, what=proof.subject, where=proof.where, found=f"host {proof.host}"
            )


def _production_refusal(settings: Settings, *, what: str, where: str, found: str) -> TargetRefused:
    return TargetRefused(
        f"{what} is production, but this target is not marked production",
        where=where,
        expected=f"no production project in {settings.file}",
        found=found,
        do="point it at the right project, or name the production target with --target",
    )


def _check_agreement(proofs: list[Proof], settings: Settings) -> None:
    expected = settings.supabase.project_ref
    source = settings.source_of("supabase.project_ref")
    for proof in proofs:
        unproven = not proof.ref and expected and proof.host and not _own_domain(proof, settings)
        if unproven or (proof.ref and expected and proof.ref != expected):
            raise TargetRefused(
                f"{proof.subject} belongs to another project than the target",
                where=proof.where,
                expected=f"project {expected} ({source})",
                found=f"project {proof.ref}" if proof.ref else f"host {proof.host}",
                do="correct the one that is wrong",
            )
        if proof.ref and not expected:
            expected, source = proof.ref, f"{proof.subject}, {proof.where}"


def _own_domain(proof: Proof, settings: Settings) -> bool:
    """Whether a production API answers under a domain of its own, which the settings name."""
    hosts = {host.lower().rstrip(".") for host in settings.supabase.production_hosts}
    return settings.target.production and not proof.is_database and proof.host in hosts


def _check_production_actions(settings: Settings, wanted: list[str], confirm: str | None) -> None:
    environment = settings.target.environment
    for name in wanted:
        phase = settings.action_phase(name)
        if phase.startswith(("rollout", "rollback")):
            raise TargetRefused(
                f"{name} is never run from pytest on production",
                where=settings.file,
                expected=f"actions of {', '.join(sorted(_PRODUCTION_PHASES))}",
                found=f"{name}, of phase {phase}",
                do="run rollout steps and rollbacks by their own commands",
            )
    if confirm != environment:
        raise TargetRefused(
            f"--execute {','.join(wanted)} would change production",
            where=settings.file,
            expected=f"--confirm {environment}",
            found=f"--confirm {confirm}" if confirm else "no --confirm",
            do="add it if this is the environment you mean",
        )


_PRODUCTION_PHASES = frozenset(
    phase for phase in ACTION_PHASES.values() if not phase.startswith(("rollout", "rollback"))
)
