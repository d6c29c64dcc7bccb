"""Has anybody begun to migrate? Until then the checks of the migration have nothing to judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gonogo.baselines import Baselines
from gonogo.errors import NotDoneYet
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.signs import signs_in_logs, signs_on_the_target

BACKUP, MIGRATE = "backup", "migrate"


@dataclass(frozen=True, kw_only=True, repr=False)
class Beginning:
    """Looks for the first sign of a migration, once, when it is first asked.

    ``begun`` says of an action whether any run started it.
    """

    begun: Callable[[str], bool]
    baselines: Baselines

    @cached_property
    def sign(self) -> str:
        """The first thing that shows that the migration has begun; empty where nothing does.

        Raises:
            CannotTell: the target, or a folder of its repository, cannot be read.
        """
        return next(self._signs(), "")

    def require_backup(self) -> None:
        """Leave a backup that nobody has made unjudged, as long as nobody has begun to migrate.

        Raises:
            NotDoneYet: the target is exactly as it was recorded.
            CannotTell: nobody can tell.
        """
        self._require(BACKUP, "no backup made yet", "a backup since then")

    def require_migration(self) -> None:
        """Leave a migration that nobody has begun unjudged.

        Raises:
            NotDoneYet: the target is exactly as it was recorded.
            CannotTell: nobody can tell.
        """
        self._require(MIGRATE, "not migrated yet", "something of the migration since then")

    def _require(self, action: str, words: str, expected: str) -> None:
        if not self.sign:
            raise NotDoneYet(
                words,
                where=self.baselines.reader.where,
                expected=expected,
                found=f"everything as recorded before: {self._before[-1]}",
                do=self._advice(action),
            )

    def _advice(self, action: str) -> str:
        settings = self.baselines.settings
        configured = settings.actions.get(action)
        if configured is None:
            return f"do the {action} by hand, then run this again"
        place = f" in {configured.folder}" if configured.folder else ""
        return (
            f"run {' '.join(configured.command)}{place} and then this again,"
            f" or pytest -m {settings.action_phase(action)} --execute {action}"
        )

    @cached_property
    def _before(self) -> tuple[MigrationBaseline, ...]:
        return self.baselines.all_before()

    def _signs(self) -> Iterator[str]:
        if self.begun(MIGRATE):
            yield f"the action {MIGRATE} was started"
        settings = self.baselines.settings
        repository = Path(self.baselines.instance.repository)
        if self._before:
            since = self._before[0].taken_at
            backed_up = self.baselines.times_of(BACKUP)
            # By hand the team works in the repository itself, also where there is a copy.
            for place in {repository, settings.repository_path}:
                yield from signs_in_logs(settings, place, since=since, backed_up=backed_up)
        yield from signs_on_the_target(self._before, self.baselines.reader, settings, repository)
