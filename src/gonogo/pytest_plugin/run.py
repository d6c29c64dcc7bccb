"""What one process of a run shares: settings, checklist, scope, target and journal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gonogo import __version__
from gonogo.baselines import Baselines
from gonogo.checklist import Checklist
from gonogo.clock import Clock
from gonogo.config import Settings
from gonogo.dossier import Dossier
from gonogo.errors import CannotTell, GonogoError, RecordError
from gonogo.evidence import Evidence
from gonogo.history import History, read_history
from gonogo.journal import Segment, SegmentReader
from gonogo.probes.browser.page_log import Said
from gonogo.probes.database.connection import Reader
from gonogo.probes.migration.baseline import SQL_MEMBERS
from gonogo.provider import Instance
from gonogo.pytest_plugin.options import Options
from gonogo.pytest_plugin.scope import Scope
from gonogo.records import NO_INSTANCE, UNKNOWN_COMMIT, ActionRecord, Attachment, Release
from gonogo.redaction import Redactor, Secret
from gonogo.verdict import State


@dataclass(kw_only=True, repr=False)
class SuiteRun:
    """One process of one run; the target and the journal are set once they exist."""

    settings: Settings
    checklist: Checklist
    options: Options
    scope: Scope
    clock: Clock
    redactor: Redactor
    process: str
    environ: Mapping[str, str] = field(repr=False)
    """The caller's environment: never shown, it holds the caller's secrets."""
    workspace: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="gonogo-")))
    instance: Instance | None = None
    failure: GonogoError | None = None
    """Why there is no instance."""
    unrecorded: RecordError | None = None
    """Why the journal could not take a record, such as a full disk."""
    commit: str = UNKNOWN_COMMIT
    """The release's commit, also where there is no instance."""
    run_id: str = ""
    planned: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    covered: tuple[str, ...] | None = None
    checked: tuple[str, ...] = ()
    """The items whose checks this process collected, selected or not."""
    said: list[Said] = field(default_factory=list)
    """The logs of browser windows that were closed since the last check ended."""
    _segment: Segment | None = None
    _reader: SegmentReader = field(default_factory=SegmentReader)

    def adopt(self, instance: Instance) -> None:
        """Use a started target; its secrets are masked from now on."""
        self.instance = instance
        for secret in instance.secrets:
            self.redactor.add(Secret(secret))

    @property
    def target(self) -> Instance:
        """The running target.

        Raises:
            CannotTell: when it could not be started or reached, with the reason.
        """
        if self.instance is None:
            raise self.failure or CannotTell("the target was not started")
        return self.instance

    @property
    def release(self) -> Release:
        """What this run's evidence is bound to."""
        return Release(
            version=self.settings.release.version,
            commit=self.instance.commit if self.instance else self.commit,
            environment=self.settings.target.environment,
        )

    @property
    def traces(self) -> Path | None:
        """Where browsers write their traces meanwhile; None on a target that is not our own box.

        A trace holds what pages show, headers and all.
        """
        settings = self.settings
        boxed = bool(settings.target.provider) and not settings.real_data
        return self.workspace / "traces" if boxed else None

    @property
    def dossier(self) -> Dossier:
        """The dossier of the release."""
        return Dossier(self.settings.reports_path / self.release.name, reader=self._reader)

    @property
    def segment(self) -> Segment:
        """The journal of this process."""
        if self._segment is None:
            raise CannotTell("the journal is not open yet")
        return self._segment

    def open_segment(self, *, planned: Iterable[str], covered: Iterable[str] | None) -> None:
        """Open this process's journal; the first line says what it planned to do."""
        self.planned = tuple(planned)
        self.covered = None if covered is None else tuple(covered)
        self._segment = Segment(
            self.dossier.run_folder(self.run_id) / f"{self.process}.jsonl",
            header={
                "run_id": self.run_id,
                "process": self.process,
                "release": asdict(self.release),
                "rehearsal": self.settings.rehearsal,
                "target": self.settings.target.name,
                "instance": self.instance.id if self.instance else NO_INSTANCE,
                "stand_ins": self.instance.stand_ins if self.instance else (),
                "facts": dict(self.instance.facts) if self.instance else {},
                "bindings": dict(self.instance.bindings) if self.instance else {},
                "checklist_sha256": self.checklist.sha256,
                "config_sha256": self.settings.sha256,
                "tool_version": __version__,
                "ci_url": _ci_url(self.environ),
                "scope": self.scope.label,
                "partial": self.scope.partial,
                "options": self.options.shown,
                "planned": self.planned,
                "covered": self.covered,
            },
            redaction=self.redactor,
            clock=self.clock,
        )

    def close_segment(self) -> None:
        """Close this process's journal."""
        if self._segment is not None:
            self._segment.close()

    @property
    def journaling(self) -> bool:
        """Whether the journal is open."""
        return self._segment is not None

    def attach(self, data: bytes, *, name: str, media_type: str) -> Attachment:
        """Keep *data* in the dossier, redacted."""
        if media_type == "application/json":
            masked = self.redactor.json_data(data, sql=SQL_MEMBERS)
        else:
            masked = self.redactor.data(data)
        return self.dossier.attach(masked, name=name, media_type=media_type)

    def note(self, text: str) -> None:
        """Write down for the report what somebody must know, and no item tells."""
        self.segment.append("note", text=self.redactor.text(text))

    def evidence_of(self, item_id: str) -> Evidence:
        """Return where a check records what it sees."""
        return Evidence(
            item_id,
            journal=self.segment,
            keeper=self,
            redaction=self.redactor,
            clock=self.clock,
        )

    def baselines(self, reader: Reader, instance: Instance) -> Baselines:
        """Return where this run keeps and finds the state before a phase."""
        return Baselines(
            reader=reader,
            instance=instance,
            settings=self.settings,
            run_id=self.run_id,
            dossier=self.dossier,
            journal=self.segment,
            keeper=self,
            clock=self.clock,
            history=self.history,
        )

    def output_of(self, action: ActionRecord | None) -> str:
        """Return what an action printed, redacted; empty where the team ran it by hand."""
        outputs = action.attachments if action else ()
        return "".join(self.dossier.blob(each.sha256).decode() for each in outputs)

    def history(self, *, only_this_run: bool = False) -> History:
        """Return what the dossier says now."""
        runs = [self.run_id] if only_this_run else self.dossier.run_ids()
        return read_history(
            {run_id: self.dossier.segments(run_id) for run_id in runs}, alive=[self.run_id]
        )

    def finished_items(self) -> dict[str, State]:
        """Return the states of the items that this run has finished, in any process."""
        attempts = self.history(only_this_run=True).attempts_of_run(self.run_id)
        return {item_id: attempt.state for item_id, attempt in attempts.items()}

    def for_worker(self) -> dict[str, str]:
        """Return what a worker process needs to join this run."""
        failure = str(self.failure) if self.failure else ""
        instance = self.instance.to_json() if self.instance else ""
        return {
            "run_id": self.run_id,
            "instance": instance,
            "failure": failure,
            "commit": self.commit,
            "workspace": str(self.workspace),
        }

    def join(self, given: Mapping[str, Any]) -> None:
        """Take over what :meth:`for_worker` gave."""
        self.run_id = given["run_id"]
        self.workspace.rmdir()
        self.workspace = Path(given["workspace"])
        self.commit = given["commit"]
        if given["instance"]:
            self.adopt(Instance.from_json(given["instance"]))
        else:
            self.failure = CannotTell(given["failure"])


def _ci_url(environ: Mapping[str, str]) -> str:
    """Return the address of the CI run, where GitHub Actions names its parts."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (environ.get(name, "") for name in names)
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


run_key = pytest.StashKey[SuiteRun]()
