"""A small project with all that a target needs, for looking at it in every state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gonogo.config import Settings, load
from gonogo.diagnosis import Finding
from gonogo.diagnosis_files import diagnose_files

CHECKLIST = """\
# A list

### Database <!-- gonogo: section DB phase=phase1 -->

- [ ] **Migrate** <!-- gonogo: group DB-1 -->
  - [ ] Backup made <!-- gonogo: DB-1.1 kind=A effect=none -->
  - [ ] Team told <!-- gonogo: DB-1.2 kind=H effect=none -->
"""
FILE = """\
[target]
name = "staging"
environment = "staging"
[release]
version = "1.0.0"
[checklist]
path = "list.md"
[repository]
path = "product"
[database]
url_env = "READER"
[migration]
folder = "db"
files = "[0-9][0-9]-*.sql"
rollback_files = "{number}.down.sql"
backups = "db/backups"
logs = "db/logs"
[actions.backup]
command = ["./save.sh"]
folder = "db"
[actions.migrate]
command = ["./save.sh"]
folder = "db"
"""
PASSWORD = "hunter22"


def settings_of(
    project: Path, environ: Mapping[str, str] | None = None, **changed: object
) -> Settings:
    dotted = {name.replace("__", "."): value for name, value in changed.items()}
    return load(root=project, environ=environ or {}, overrides=dotted)


def files(project: Path, **changed: object) -> dict[str, Finding]:
    settings = settings_of(project, {}, **changed)
    found = diagnose_files(settings, free_bytes=lambda _: 10**10)
    return {finding.service: finding for finding in found}
