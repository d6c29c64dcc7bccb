"""Which files are uploaded, and the commit they belong to."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from staging.services.vercel.command_line.connection import Api
from staging.services.vercel.command_line.terminal import Stopped

IGNORE_FILE = ".vercelignore"
ALWAYS_IGNORED = (
    ".hg",
    ".git",
    ".gitmodules",
    ".svn",
    ".cache",
    ".next",
    ".now",
    ".vercel",
    ".npmignore",
    ".dockerignore",
    ".gitignore",
    ".*.swp",
    ".DS_Store",
    ".wafpicke-*",
    ".lock-wscript",
    ".env.local",
    ".env.*.local",
    ".venv",
    ".yarn/cache",
    ".pnp*",
    "npm-debug.log",
    "config.gypi",
    "node_modules",
    "__pycache__",
    "venv",
    "CVS",
)
"""What is never uploaded, from packages/client/src/utils of the vendor's CLI. The repository's own
.gitignore does not count: only .vercelignore does."""
PREBUILT = ".vercel/output"


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """One file to upload."""

    path: Path
    name: str
    sha: str

    def entry(self) -> dict[str, Any]:
        """Return how the API is told of it."""
        status = self.path.stat()
        return {
            "file": self.name,
            "sha": self.sha,
            "size": status.st_size,
            "mode": status.st_mode,
        }


def files_to_upload(folder: Path, *, is_prebuilt: bool = False) -> Sequence[LocalFile]:
    """Return the files of *folder* that are not ignored, or those of ``vercel build``."""
    if is_prebuilt:
        every = (folder / PREBUILT).rglob("*")
        names: Sequence[str] = sorted(str(p.relative_to(folder)) for p in every if p.is_file())
    else:
        names = names_not_ignored(folder)
    paths = [(name, folder / name) for name in names]
    return [
        LocalFile(path=path, name=name, sha=hashlib.sha1(path.read_bytes()).hexdigest())
        for name, path in paths
        if path.is_file()
    ]


def names_not_ignored(folder: Path) -> Sequence[str]:
    """Return the files of *folder* that .vercelignore leaves, by git's own rules of patterns."""
    own = folder / IGNORE_FILE
    rules = [*ALWAYS_IGNORED, own.read_text("utf-8") if own.exists() else ""]
    with tempfile.TemporaryDirectory() as private:
        patterns = Path(private) / "patterns"
        patterns.write_text("\n".join(rules), "utf-8")
        empty = f"{private}/repository"
        _git(["init", "--quiet", "--bare", empty], folder)
        listed = _git(
            [
                *("-c", "core.excludesFile=/dev/null", f"--git-dir={empty}", "--work-tree=."),
                *("ls-files", "--others", f"--exclude-from={patterns}", "-z"),
            ],
            folder,
        )
    return sorted(name for name in listed.split("\0") if name)


def git_metadata(folder: Path) -> dict[str, Any] | None:
    """Return the last commit as the vendor's CLI tells it, None outside a repository."""
    if not (folder / ".git").exists():
        return None
    fields = "%H%x00%s%x00%an%x00%ae"
    sha, subject, author, email = _git(["log", "-1", f"--format={fields}"], folder).split("\0")
    state = _git(["--no-optional-locks", "status", "-s"], folder)
    return {
        "commitSha": sha,
        "commitMessage": subject,
        "commitAuthorName": author,
        "commitAuthorEmail": email.strip(),
        "commitRef": _git(["rev-parse", "--abbrev-ref", "HEAD"], folder).strip(),
        "dirty": bool(state.strip()),
    }


def upload_missing(api: Api, files: Sequence[LocalFile], missing: Sequence[str]) -> None:
    """Upload the contents that the API does not have."""
    by_sha = {file.sha: file.path for file in files}
    for sha in missing:
        api.upload(by_sha[sha].read_bytes(), sha)


def _git(arguments: Sequence[str], folder: Path) -> str:
    environment: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_")
    }
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, check=True
        )
    except FileNotFoundError:
        raise Stopped("git is not on PATH") from None
    except subprocess.CalledProcessError as error:
        raise Stopped(f"git: {error.stderr.decode('utf-8', 'replace').strip()}") from None
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
