"""Items of phase 1 that leave green together."""

from __future__ import annotations

BACKUP = "MIG-1.1 MIG-1.2 MIG-1.3"
SCHEMA = "MIG-2.1 MIG-2.2 MIG-2.3 MIG-3.1 MIG-3.2 MIG-3.3"
MIGRATION = "MIG-2.1 MIG-2.2 MIG-2.3 MIG-2.4 MIG-2.5 MIG-3.1 MIG-3.2 MIG-3.3 MIG-3.4"
"""What is not run when the backup is not proven, and ERROR when the script never ended."""
EVERYTHING = f"{BACKUP} {MIGRATION}"
NO_002 = "MIG-2.2 MIG-3.1 MIG-3.2 MIG-3.3"
NO_003 = "MIG-2.3 MIG-3.1 MIG-3.2 MIG-3.3"
