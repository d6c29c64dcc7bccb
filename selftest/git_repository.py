"""Folders made into git repositories, whatever git is told on this machine."""

from __future__ import annotations

from pathlib import Path

from gonogo.repository import run_git
from gonogo.repository_copy import COMMIT_IDENTITY


def made_repository(folder: Path) -> str:
    """Make *folder* a repository with all that is in it, and return its commit."""
    run_git(folder, "init", "--quiet", "-b", "main")
    return commit_all(folder)


def commit_all(folder: Path) -> str:
    """Commit all that is in the repository *folder* but what it ignores; return the commit."""
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "-m", "change", variables=COMMIT_IDENTITY)
    return run_git(folder, "rev-parse", "HEAD").strip()
