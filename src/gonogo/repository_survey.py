"""What a product's repository shows of how it is released: guesses, each with where it was seen.

It reads the names in env files and never their values, but for the host of an API's URL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gonogo.env_file import parse_env
from gonogo.errors import CannotTell
from gonogo.migration_survey import Ledger, MigrationNames, ledger_in, names_of_migrations
from gonogo.script_survey import ScriptFacts, read_script, seems_database_script

SKIPPED = frozenset(
    {".git", "node_modules", "dist", "build", "coverage", ".next", ".venv", "vendor", "reports"}
)
MOST_FILES = 20_000
LARGEST_BYTES = 1_000_000
_PLATFORM_FILES = {"vercel.json": "Vercel", "netlify.toml": "Netlify", "Dockerfile": "Docker"}
_API_URL = re.compile(r"^(\w*SUPABASE_URL)$")
_ANON_KEY = re.compile(r"^(\w*SUPABASE_(?:ANON|PUBLISHABLE)\w*KEY)$")
_DATA = "/rest/v1/"
"""Where the pages of a Supabase application write its tables."""
_PROJECT_HOST = re.compile(r"^https://([a-z0-9]{20})\.supabase\.co\b")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A value for one setting, and the file and line that suggest it."""

    value: object
    source: str


@dataclass(kw_only=True)
class Survey:
    """All guesses by dotted setting, remarks worth a comment, and the script that was found."""

    repository: Path
    guesses: dict[str, Guess] = field(default_factory=dict)
    remarks: list[Guess] = field(default_factory=list)
    script: ScriptFacts | None = None

    def guess(self, key: str, value: object, source: str) -> None:
        """Keep *value* for *key* where nothing was found before."""
        self.guesses.setdefault(key, Guess(value=value, source=source))

    def remark(self, text: str, source: str) -> None:
        """Keep a fact that is no setting."""
        self.remarks.append(Guess(value=text, source=source))


def survey(repository: Path) -> Survey:
    """Return what the files of *repository* suggest; nothing is run and nothing written.

    Raises:
        CannotTell: the folder is missing or cannot be listed.
    """
    if not repository.is_dir():
        raise CannotTell(
            "there is no repository to look at",
            where=str(repository),
            expected="a folder",
            found="a file" if repository.exists() else "nothing",
            do="name the folder of the product's repository",
        )
    files = _files(repository)
    found = Survey(repository=repository)
    _from_package(found)
    names = _from_migrations(found, files)
    _from_script(found, files, names)
    _from_folders(found, files, names)
    _from_env_files(found, files)
    _from_platforms(found, files)
    _from_document(found, files)
    return found


def read(path: Path) -> str:
    """Return a file's text, or "" where it is too large or no readable text."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return ""
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _files(repository: Path) -> list[PurePosixPath]:
    def below(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                if path.name not in SKIPPED:
                    yield from below(path)
            elif path.is_file():
                yield path

    try:
        paths = [path for _, path in zip(range(MOST_FILES), below(repository), strict=False)]
    except OSError as error:
        raise CannotTell(
            "the repository cannot be listed",
            where=str(error.filename),
            found=error.strerror or type(error).__name__,
            do="give your user the right to read it",
        ) from error
    return [PurePosixPath(path.relative_to(repository).as_posix()) for path in paths]


def _from_package(found: Survey) -> None:
    text = read(found.repository / "package.json")
    try:
        package = json.loads(text)
    except ValueError:
        return
    if not isinstance(package, dict):
        return
    for key, setting in (("version", "release.version"), ("name", "target.name")):
        if isinstance(package.get(key), str) and package[key]:
            found.guess(setting, package[key], _at("package.json", text, f'"{key}"'))
    scripts = package.get("scripts")
    for name, command in scripts.items() if isinstance(scripts, dict) else ():
        if name.partition(":")[0] in {"test", "build", "preview", "lint"}:
            found.remark(f"npm run {name}: {command}", _at("package.json", text, f'"{name}":'))


def _from_migrations(found: Survey, files: list[PurePosixPath]) -> MigrationNames | None:
    by_folder: dict[str, list[str]] = {}
    for path in files:
        if path.suffix == ".sql":
            by_folder.setdefault(str(path.parent), []).append(path.name)
    named = [names_of_migrations(folder, names) for folder, names in by_folder.items()]
    candidates = [names for names in named if names]
    if not candidates:
        return None
    names = max(candidates, key=lambda names: len(names.forward))
    first = f"{names.folder}/{names.forward[0]}"
    found.guess("migration.folder", names.folder, first)
    found.guess("migration.files", names.glob, f"{first} and {len(names.forward) - 1} more")
    if names.rollback_pattern:
        found.guess(
            "migration.rollback_files",
            names.rollback_pattern,
            f"{names.folder}/{names.rollbacks[0]} and {len(names.rollbacks) - 1} more",
        )
    for name in names.forward:
        ledger = ledger_in(name, read(found.repository / names.folder / name))
        if ledger:
            _keep_ledger(found, ledger, f"{names.folder}/{name}:{ledger.line}")
            break
    return names


def _keep_ledger(found: Survey, ledger: Ledger, source: str) -> None:
    found.guess("migration.ledger_table", ledger.table, source)
    found.guess("migration.ledger_version_column", ledger.column, source)
    found.guess("migration.ledger_versions", ledger.versions, source)


def _from_script(found: Survey, files: list[PurePosixPath], names: MigrationNames | None) -> None:
    candidates = [
        (path, read(found.repository / path)) for path in files if path.suffix in {".sh", ""}
    ]
    scripts = [(path, text) for path, text in candidates if seems_database_script(text)]
    if not scripts:
        return
    folder = names.folder if names else ""
    path, text = min(
        scripts,
        key=lambda each: (str(each[0].parent) != folder, "migrat" not in each[0].name, each[0]),
    )
    found.script = read_script(path, text)
    for key, guess in found.script.settings.items():
        found.guess(key, guess.value, f"{path}:{guess.line}")
    if not (found.repository / path).stat().st_mode & 0o100:
        found.remark(f"{path} is not executable: chmod +x it", str(path))


def _from_folders(found: Survey, files: list[PurePosixPath], names: MigrationNames | None) -> None:
    folders = {str(parent) for path in files for parent in path.parents}
    beside = [names.folder] if names else []
    for key in ("backups", "logs"):
        for parent in (*beside, "."):
            folder = str(PurePosixPath(parent) / key)
            if folder in folders or (found.repository / folder).is_dir():
                found.guess(f"migration.{key}", folder, f"{folder}/")


def _from_env_files(found: Survey, files: list[PurePosixPath]) -> None:
    env_files = [path for path in files if path.name.startswith(".env")]
    for path in sorted(env_files, key=_by_preference):
        shown = str(path)
        env_file = parse_env(read(found.repository / path), shown=shown)
        if "production" in path.name:
            found.guess("repository.env_file", shown.removesuffix(".example"), shown)
        for entry in env_file.entries:
            source = f"{shown}:{entry.line}"
            if _API_URL.match(entry.name):
                found.guess("supabase.api_url_variable", entry.name, source)
                found.guess("app.data_addresses", _DATA, source)
                project = _PROJECT_HOST.match(entry.value.reveal())
                if project and "production" in path.name:
                    found.guess("supabase.production_refs", [project.group(1)], source)
            elif _ANON_KEY.match(entry.name):
                found.guess("supabase.anon_key_variable", entry.name, source)


def _by_preference(path: PurePosixPath) -> tuple[bool, bool, int]:
    """Order env files: production's own, then its example, then all others."""
    return (
        not path.name.startswith(".env.production"),
        path.name.endswith(".example"),
        len(path.parts),
    )


def _from_platforms(found: Survey, files: list[PurePosixPath]) -> None:
    for path in files:
        if path.name in _PLATFORM_FILES:
            found.remark(f"deploys to {_PLATFORM_FILES[path.name]}", str(path))


def _from_document(found: Survey, files: list[PurePosixPath]) -> None:
    documents = [
        path for path in files if path.suffix == ".md" and "checklist" in path.name.lower()
    ]
    boxes = {path: read(found.repository / path).count("- [ ]") for path in documents}
    if boxes and max(boxes.values()):
        path = max(boxes, key=lambda each: boxes[each])
        found.guess("checklist.document", str(path), f"{path}, {boxes[path]} boxes")


def _at(name: str, text: str, part: str) -> str:
    """Return ``name:line`` of the first line that holds *part*."""
    lines = text.splitlines()
    return f"{name}:{next((n for n, line in enumerate(lines, 1) if part in line), 1)}"
