"""Writes a target file from what a survey found: each guess with its source. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from gonogo.config_models import TargetFile
from gonogo.literal_secrets import secret_kind
from gonogo.repository_survey import Survey
from gonogo.script_survey import ScriptFacts, SeenPrompt

PASSWORD_VARIABLE = "GONOGO_SCRIPT_PASSWORD"  # noqa: S105 - the name of a variable
READER_VARIABLE = "GONOGO_DATABASE_URL"
BACKUP_TIMEOUT_S = 900
MIGRATE_TIMEOUT_S = 1800
NOT_FOUND_RELEASE = "0.0.0"

_ADVICE = {
    "migration.folder": "the folder of the migration files, seen from the repository",
    "migration.files": "a glob of the forward files in it",
    "migration.rollback_files": "the name of a rollback file with {number} in it",
    "migration.ledger_table": "the table that notes which migrations were applied",
    "migration.ledger_version_column": "its column with the migration's number or name",
    "migration.ledger_versions": '"number" or "name": what that column holds',
    "migration.backups": "the folder that backups are written to",
    "migration.backup_pattern": "a glob of the backups in it",
    "migration.logs": "the folder that the script's logs are written to",
    "migration.log_pattern": "a glob of the logs in it",
    "repository.env_file": "the product's env file, seen from the repository",
    "supabase.api_url_variable": "the env file's variable with the project's URL",
    "supabase.anon_key_variable": "the env file's variable with the anonymous key",
    "supabase.production_refs": "the project refs of production: no other target may be one",
    "app.data_addresses": "a regular expression for the addresses that its pages write data to",
    "checklist.document": "the team's own copy of the checklist",
}


def render(found: Survey, *, repository: str, checklist: str, name: str) -> str:
    """Return a target file for *repository* (a path seen from the project's folder).

    What was not found stands there as a comment that says what to set.
    """
    lines = [
        "# Written by gonogo init: every guess names the file it was seen in. Check each line.",
        "# Paths start at the folder of gonogo.toml. Secrets are never written here: settings",
        "# ending in _env hold the NAME of an environment variable.",
        *(_comment(f"seen: {remark.value} ({remark.source})") for remark in found.remarks),
        *_target(found, name),
        "",
        "[checklist]",
        f"path = {_toml(checklist)}",
        *_document(found, repository),
        "",
        "[repository]",
        f"path = {_toml(repository)}",
        *_setting(found, "repository.env_file"),
        *_database(),
        "",
        "[supabase]",
        '# project_ref = ""  # set it: the project of this target; connections must agree with it',
        *_settings(found, "supabase"),
        "",
        *_application(found),
        "[migration]",
        *_settings(found, "migration"),
        *_actions(found.script),
    ]
    return "\n".join(lines) + "\n"


def _target(found: Survey, name: str) -> Iterator[str]:
    yield from ("", "[target]", f"name = {_toml(name)}")
    yield 'environment = "staging"  # not found: a short name of the environment'
    yield "production = false  # set it to true only in the file of the production target"
    yield '# data = "made up"  # set it only where nothing is of real people: then it is shown'
    yield '# actions = ["test-event"]  # effects that checks may have here'
    yield from ("", "[release]")
    version = found.guesses.get("release.version")
    if version and _is_file_name(version.value):
        yield f"version = {_toml(version.value)}  {_comment(f'found: {version.source}')}"
    else:
        yield f"version = {_toml(NOT_FOUND_RELEASE)}  # not found: the release to be judged"
    yield '# time_zone = "UTC"  # set it: the time zone of the people who deploy'


def _document(found: Survey, repository: str) -> Iterator[str]:
    document = found.guesses.get("checklist.document")
    if document:
        path = _toml(f"{repository}/{document.value}")
        yield f"document = {path}  {_comment(f'found: {document.source}')}"
    else:
        yield _missing("checklist.document")


def _database() -> Iterator[str]:
    yield from ("", "[database]")
    yield f"url_env = {_toml(READER_VARIABLE)}  # a role with SELECT and BYPASSRLS, no more"
    yield '# admin_url_env = ""  # the connection that the product\'s own scripts are routed to'
    yield '# schemas = ["public"]'
    yield '# ssl_root_cert = ""  # the CA certificate of the database server'


def _application(found: Survey) -> Iterator[str]:
    yield from ("[app]", '# url = ""  # set it: the address of the deployed application')
    yield "# No look of a check lets a page write to the addresses of data. A production target"
    yield "# must name them all: add those of the product's own API, such as |/api/"
    yield from (*_settings(found, "app"), "")


def _settings(found: Survey, section: str) -> Iterator[str]:
    for key in _ADVICE:
        if key.startswith(f"{section}."):
            yield from _setting(found, key)


def _setting(found: Survey, key: str) -> Iterator[str]:
    guess = found.guesses.get(key)
    if guess:
        name = key.partition(".")[2]
        yield f"{name} = {_toml(guess.value)}  {_comment(f'found: {guess.source}')}"
    else:
        yield _missing(key)


def _missing(key: str) -> str:
    section, _, name = key.partition(".")
    model = TargetFile.model_fields[section].annotation
    assert model is not None
    default = model.model_fields[name].default
    shown = list(default) if isinstance(default, tuple) else default
    return f"# {name} = {_toml(shown)}  # not found: {_ADVICE[key]}"


def _actions(script: ScriptFacts | None) -> Iterator[str]:
    if script is None:
        yield ""
        yield "# not found: a shell script that runs psql or pg_dump. Set the product's commands:"
        for action in ("backup", "migrate"):
            yield from (f"# [actions.{action}]", '# command = ["./script.sh"]', '# folder = ""')
        return
    option = script.backup_option
    if option:
        source = f"{script.path}:{script.options[option]}"
        yield from _action(
            script, "backup", [script.command, option], source=source, timeout_s=BACKUP_TIMEOUT_S
        )
    else:
        yield ""
        yield f"# not found: an option of {script.path} that makes a backup. Set the command:"
        yield from ("# [actions.backup]", f"# command = {_toml([script.command])}")
    yield from _action(
        script, "migrate", [script.command], source=str(script.path), timeout_s=MIGRATE_TIMEOUT_S
    )


def _action(
    script: ScriptFacts, name: str, command: Sequence[str], *, source: str, timeout_s: int
) -> Iterator[str]:
    yield from ("", f"[actions.{name}]")
    yield f"command = {_toml(command)}  {_comment(f'found: {source}')}"
    yield f"folder = {_toml(script.folder)}"
    yield f"timeout_s = {timeout_s}"
    yield f"checklist_command = {_toml(' '.join(command))}  # as the checklist words it"
    yield "prompts = ["
    asked: set[str] = set()
    for prompt in script.prompts:
        if prompt.pattern in asked:
            continue
        asked.add(prompt.pattern)
        yield from _prompt(prompt, f"{script.path}:{prompt.line}")
    yield "]"


def _prompt(prompt: SeenPrompt, source: str) -> Iterator[str]:
    pattern = f"pattern = {_toml(prompt.pattern)}"
    if prompt.never_answered:
        yield "  " + _comment(
            f"{_toml(prompt.text)} ({source}) is never answered: the script stops there"
        )
    elif prompt.secret and prompt.pattern:
        answer = f"answer_env = {_toml(PASSWORD_VARIABLE)}"
        yield f"  {{ {pattern}, {answer} }},  {_comment(f'found: {source}')}"
    else:
        yield "  " + _comment(f'{{ {pattern}, answer = "" }},  found: {source}; set a safe answer')


def _comment(text: str) -> str:
    """Return *text* as a comment of one line, whatever a file is called."""
    shown = " ".join(part for part in text.split() if part.isprintable())
    kind = secret_kind(shown)
    return f"# {f'({kind} is not repeated here)' if kind else shown}"


def _is_file_name(value: object) -> bool:
    return isinstance(value, str) and value.replace(".", "").replace("-", "").isalnum()


def _toml(value: object) -> str:
    """Return *value* (text, list of texts, number or boolean) as TOML, which JSON's forms are."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
