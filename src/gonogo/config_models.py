"""The sections of a target file, each key with its type, default and meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from gonogo.config_app import AppSection, DeploymentSection, EngineSection, ServicesSection
from gonogo.config_contacts import ContactsSection
from gonogo.config_journeys import BrowserKind, JourneysSection
from gonogo.config_section import (
    FileName,
    NonEmpty,
    Seconds,
    Section,
    VariableName,
    regular_expression,
)

ACTION_PHASES: Mapping[str, str] = {
    "backup": "phase1",
    "migrate": "phase1",
    "deploy": "phase2",
    "import": "phase4",
    "rollout1": "rollout1",
    "rollout2": "rollout2",
    "rollout3": "rollout3",
    "rollback": "rollback",
}
"""The phase of each action whose name is known; any other action says its own ``phase``."""

_SECRET_PROMPT = re.compile(r"password|passphrase|secret|token|api.?key", re.IGNORECASE)
_NEVER_ANSWERED = ("Continue anyway?", "continue anyway? (y/n)", "Continue anyway? [y/N]: ")


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            "should be the name of a time zone such as 'America/New_York' or 'UTC'"
        ) from error
    return name


Phase = Literal[
    "",
    "preflight",
    "final",
    "phase1",
    "phase2",
    "phase3",
    "phase4",
    "monitoring",
    "rollout1",
    "rollout2",
    "rollout3",
    "success",
    "closeout",
    "rollback",
    "signoff",
]


class TargetSection(Section):
    """Which target this is, and what may be done to it."""

    name: NonEmpty
    environment: FileName
    production: bool = False
    provider: Annotated[str, Field(pattern=r"^([A-Za-z_][\w.]*:[A-Za-z_]\w*)?$")] = ""
    """"module:Class" of what starts the target; only for targets the suite starts itself."""
    data: Literal["", "made up", "real"] = ""
    """What is in it; empty: made up where the suite starts the target, real everywhere else."""
    actions: tuple[Literal["test-event", "target-write", "third-party-write"], ...] = ()
    """Effects that checks may have here without an --execute of their own."""


class ReleaseSection(Section):
    """Which release is judged."""

    version: FileName
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{7,64})?$")] = ""
    """The commit in full or shortened; empty: what git says of the repository."""


class ChecklistSection(Section):
    """Which checklist is worked through."""

    path: NonEmpty
    document: str = ""
    """The team's own copy of the document, without ids; empty: none."""


class RepositorySection(Section):
    """Where the product's repository is."""

    path: NonEmpty
    env_file: str = ".env.production"
    """The product's env file, seen from the repository."""


class DatabaseSection(Section):
    """How the target's database is reached, and what of it is judged."""

    url_env: VariableName = ""
    """The variable that holds the reader's connection string."""
    admin_url_env: VariableName = ""
    """The variable with the connection that the product's own scripts are routed to."""
    env_file: str = ""
    """A file that holds these variables when the environment does not."""
    schemas: Annotated[tuple[NonEmpty, ...], Field(min_length=1)] = ("public",)
    exclude_tables: tuple[NonEmpty, ...] = ()
    writes_during_migration: Literal["allowed", "stopped"] = "allowed"
    anonymous_role: str = "anon"
    """The role of requests by nobody in particular; empty where the database has none."""
    statement_timeout_s: Seconds = 120.0
    ssl_root_cert: str = ""
    """The CA certificate that the server's certificate is checked against."""


class SupabaseSection(Section):
    """Which Supabase project the target is, and which are production."""

    project_ref: Annotated[str, Field(pattern=r"^[a-z0-9]*$")] = ""
    production_refs: tuple[Annotated[str, Field(pattern=r"^[a-z0-9]+$")], ...] = ()
    production_hosts: tuple[NonEmpty, ...] = ()
    api_url_variable: VariableName = "SUPABASE_URL"
    """The variable of the product's env file with the project's URL."""
    anon_key_variable: VariableName = "SUPABASE_ANON_KEY"


class MigrationSection(Section):
    """Where the migration files, their ledger, backups and logs are, seen from the repository."""

    folder: NonEmpty = "migrations"
    files: NonEmpty = "[0-9]*.sql"
    """Glob of the forward files; a file that ``rollback_files`` describes is never one of them."""
    rollback_files: str = ""
    """Name of a rollback file, with {number} for the migration's number; empty: there are none."""
    ledger_table: str = ""
    ledger_version_column: str = "version"
    ledger_versions: Literal["number", "name"] = "number"
    backups: str = "backups"
    backup_pattern: NonEmpty = "*"
    logs: str = "logs"
    log_pattern: NonEmpty = "*.log"
    queries: str = ""
    """Folder, seen from the project, with the document's own queries."""

    @model_validator(mode="after")
    def _rollback_files_have_a_number(self) -> Self:
        if self.rollback_files and "{number}" not in self.rollback_files:
            raise ValueError("rollback_files should contain {number}, the migration's number")
        return self


class Prompt(Section):
    """One question a script asks, and the answer; each is answered once."""

    pattern: Annotated[NonEmpty, AfterValidator(regular_expression)]
    answer: str = ""
    """The answer itself; never a secret."""
    answer_env: VariableName = ""
    """The variable that holds the answer."""
    answer_made_up: bool = False
    """Answer with a password made up for this run: only where a copy talks to a stand-in."""

    @model_validator(mode="after")
    def _one_safe_answer(self) -> Self:
        if [bool(self.answer), bool(self.answer_env), self.answer_made_up].count(True) != 1:
            raise ValueError(
                "a prompt needs exactly one of answer, answer_env (the name of an environment"
                " variable) and answer_made_up = true"
            )
        if self.answer and _SECRET_PROMPT.search(self.pattern):
            raise ValueError(
                "a prompt for a secret needs answer_env (the name of an environment variable)"
                " or answer_made_up = true, never the answer itself"
            )
        if any(re.search(self.pattern, text, re.IGNORECASE) for text in _NEVER_ANSWERED):
            raise ValueError(
                "this pattern would answer 'continue anyway?', which is never answered:"
                " make it narrower"
            )
        return self


class Action(Section):
    """A product's own command that changes the target."""

    command: Annotated[tuple[NonEmpty, ...], Field(min_length=1)]
    folder: str = ""
    """Where it is started, seen from the repository."""
    timeout_s: Seconds = 900.0
    lock_timeout_s: Seconds = 30.0
    """How long the script's database clients wait for a lock before they give up."""
    phase: Phase = ""
    """The phase it belongs to; empty where the action's name says it."""
    checklist_command: str = ""
    """The command as the checklist words it; the report shows how ``command`` deviates."""
    prompts: tuple[Prompt, ...] = ()
    environment: tuple[VariableName, ...] = ()
    """The variables of this command's environment that it is given, such as a platform's token."""


class ReportsSection(Section):
    """Where dossiers are kept."""

    folder: NonEmpty = "reports"


class TargetFile(Section):
    """A whole target file."""

    target: TargetSection
    release: ReleaseSection
    checklist: ChecklistSection
    repository: RepositorySection
    database: DatabaseSection = DatabaseSection()
    supabase: SupabaseSection = SupabaseSection()
    migration: MigrationSection = MigrationSection()
    actions: Mapping[str, Action] = {}
    app: AppSection = AppSection()
    contacts: ContactsSection | None = None
    deployment: DeploymentSection = DeploymentSection()
    browsers: Mapping[BrowserKind, EngineSection] = {}
    """Where each kind of browser is found: chromium, chrome, msedge, firefox, webkit, webkitgtk."""
    journeys: JourneysSection = JourneysSection()
    services: ServicesSection = ServicesSection()
    reports: ReportsSection = ReportsSection()

    def action_phase(self, name: str) -> str:
        """Return the phase that the configured action *name* belongs to."""
        return self.actions[name].phase or ACTION_PHASES[name]
