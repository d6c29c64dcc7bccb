"""What script an action is, and what it is told."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gonogo.actions import Prompt, ScriptSpec
from gonogo.actions.database_clients import DatabaseClients
from gonogo.actions.environment import script_environment
from gonogo.actions.isolation import without_network
from gonogo.config import Action, Settings
from gonogo.provider import Instance
from gonogo.redaction import Secret


def script_of(
    name: str, *, settings: Settings, instance: Instance, clients: DatabaseClients
) -> ScriptSpec:
    """Return the script of the action *name*, which reaches databases by *clients* alone."""
    action = settings.actions[name]
    argv = action.command
    told = instance.action_environments.get(name, {})
    if not told and instance.script_connection.get("host", "").startswith("/"):
        argv = without_network(argv).argv
    home = clients.private / "home"  # it lives as long as the script, also without us
    home.mkdir()
    return ScriptSpec(
        name=name,
        argv=argv,
        cwd=Path(instance.repository) / action.folder,
        env=script_environment(clients.folder, home, told),
        prompts=tuple(_prompts(name, action, settings, instance)),
        timeout_s=action.timeout_s,
        private_folders=(clients.private,),
    )


def _prompts(name: str, action: Action, settings: Settings, instance: Instance) -> Iterable[Prompt]:
    for index, prompt in enumerate(action.prompts):
        answer: Secret | str = prompt.answer
        if prompt.answer_made_up:
            answer = Secret(instance.made_up_password)
        elif prompt.answer_env:
            answer = settings.secret(f"actions.{name}.prompts.{index}.answer_env")
        yield Prompt(pattern=prompt.pattern, answer=answer)
