from __future__ import annotations

import pytest

from gonogo.made_up_env import HOST, PROJECT, made_up_values

REF = "abcdefghijklmnopqrst"
PASSWORD = "made-up-password"


def made_up(name: str, value: str) -> str:
    return made_up_values({name: value}, refs=[REF], password=PASSWORD)[name]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("API_URL", f"https://{REF}.supabase.co", f"https://{PROJECT}.supabase.co"),
        ("API_URL", "https://otherprojectunknown.supabase.co/x", f"https://{PROJECT}.supabase.co"),
        (
            "DATABASE_URL",
            f"postgresql://postgres:real@db.{REF}.supabase.co:5432/postgres?sslmode=require",
            f"postgresql://postgres:{PASSWORD}@db.{PROJECT}.supabase.co:5432/postgres",
        ),
        (
            "POOLER",
            f"postgres://app.{REF}:real@aws-0-eu.pooler.supabase.com:5432/postgres",
            f"postgres://app.{PROJECT}:{PASSWORD}@aws-0-eu.pooler.supabase.com:5432/postgres",
        ),
        (
            "DATABASE_URL",
            "postgresql://app@db.example.org/shop",
            f"postgresql://app@{HOST}/shop",
        ),
        ("HOOK", "https://hooks.example.org/services/T1/B2/real", f"https://{HOST}"),
        ("LOCAL", "http://127.0.0.1:4173/", "http://127.0.0.1:4173"),
        ("BROKEN", "https://[half", f"https://{HOST}"),
        ("SERVICE_KEY", "real", PASSWORD),
        ("PROJECT_ID", REF, PROJECT),
        ("DB_HOST", f"db.{REF}.supabase.co", f"db.{PROJECT}.supabase.co"),
        ("DB_HOST", "db.example.org", HOST),
        ("DB_HOST", "10.1.2.3", HOST),
        ("FROM", "billing@example.org", f"nobody@{HOST}"),
        ("FLAG", "true", "true"),
        ("MINUTES", "15", "15"),
        ("VERSION", "1.2", "1.2"),
        ("EMPTY", "", ""),
    ],
)
def test_what_leads_somewhere_is_replaced_and_what_does_not_stays(
    name: str, value: str, expected: str
) -> None:
    assert made_up(name, value) == expected


def test_no_real_project_has_the_length_of_the_made_up_one() -> None:
    assert len(PROJECT) != len(REF)
