"""The parts of a target that each name its project: its file, addresses and keys."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from gonogo.config import Settings, load
from gonogo.env_file import EnvFile, parse_env
from gonogo.redaction import Secret
from gonogo.target import DatabaseAddress, database_address

REF = "abcdefghijklmnopqrst"
OTHER_REF = "tsrqponmlkjihgfedcba"
FILE = """\
[target]
name = "a target"
environment = "acme-production"
[release]
version = "1.0.0"
[checklist]
path = "list.md"
[repository]
path = "product"
[actions.backup]
command = ["./save.sh"]
[actions.deploy]
command = ["./deploy.sh"]
[actions.rollback]
command = ["./back.sh"]
[actions.rollout1]
command = ["./rollout.sh"]
"""


def settings_of(folder: Path, **overrides: object) -> Settings:
    (folder / "gonogo.toml").write_text(FILE, encoding="utf-8")
    dotted = {name.replace("__", "."): value for name, value in overrides.items()}
    return load(root=folder, environ={"READER": "postgresql://r:pw@h/d"}, overrides=dotted)


def production(folder: Path, **overrides: object) -> Settings:
    return settings_of(
        folder, **{"target__production": True, "supabase__project_ref": REF, **overrides}
    )


def address(dsn: str) -> DatabaseAddress:
    return database_address(Secret(dsn), where="READER")


def token(**payload: object) -> str:
    def part(data: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part(payload)}.{part('signature')}"


def env_file(url: str = "", key: str = "") -> EnvFile:
    text = "# settings\n"
    text += f"SUPABASE_URL={url}\n" if url else ""
    text += f"SUPABASE_ANON_KEY={key}\n" if key else ""
    return parse_env(text, shown=".env.production")


DIRECT = f"postgresql://reader:hunter22@db.{REF}.supabase.co:5432/postgres"
POOLED = f"postgresql://reader.{REF}:hunter22@aws-0-eu-west-1.pooler.supabase.com:5432/postgres"
URL = f"https://{REF}.supabase.co"
ANON = token(role="anon", ref=REF)
