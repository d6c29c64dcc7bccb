from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from selftest.promises import stacks
from selftest.promises.hiding_places import seen_in, sightings
from selftest.promises.runs import ROOT, Place, box

TOKEN = "canary-token-55aa19be"
NOTE, EMAIL = "row-canary-71d0e2", "row-canary-8be3f0@example.org"
NUMBER, CHANGED = "row-canary-not-a-number-1c6f", "row-canary-changed-90ab"
SECRETS = [
    stacks.OWNER_PASSWORD,
    stacks.READER_PASSWORD,
    *stacks.ENV_VALUES.values(),
    TOKEN,
]
ROW_DATA = [NOTE, EMAIL, NUMBER, CHANGED]

CHATTER = f"""\
  printf 'the password is %s\\n' "$PGPASSWORD"
  printf 'connecting to postgresql://postgres:%s@db.example.org:5432/postgres\\n' "$PGPASSWORD"
  printf 'token=%s\\n' {TOKEN}
  printf '%s' "$PGPASSWORD" | base64
  printf 'user:%s' "$PGPASSWORD" | base64 --wrap=20
  printf '%s' "$PGPASSWORD" | od -An -v -tx1 | tr -d ' \\n'; echo
  printf '%s' "$PGPASSWORD" | od -An -v -tx1 | tr -d '\\n' | tr ' ' '%'; echo
  printf '%s' "${{PGPASSWORD:0:9}}"; sleep 0.3; printf '%s\\n' "${{PGPASSWORD:9}}"
  cat "$here/../.env.production"
  (set -x; : "$PGPASSWORD")
"""
SEED = f"""
UPDATE public.contacts SET notes = '{NOTE}', email = '{EMAIL}'
WHERE id IN (SELECT id FROM public.contacts ORDER BY id LIMIT 2);
UPDATE public.contacts SET notes = '{NUMBER}'
WHERE id = (SELECT id FROM public.contacts ORDER BY id DESC LIMIT 1);
"""
# The values themselves stand in rows only, not in the statements that meet them.
MIGRATION = r"""
\set ON_ERROR_STOP off
UPDATE public.contacts SET name = NULL WHERE notes = concat('row-canary-', '71d0e2');
UPDATE public.contacts SET name = ' ' WHERE notes = concat('row-canary-', '71d0e2');
CREATE UNIQUE INDEX contacts_email_once ON public.contacts (email)
WHERE email LIKE 'row-canary%';
SELECT notes::integer FROM public.contacts WHERE notes LIKE 'row-canary-not%';
\set ON_ERROR_STOP on
UPDATE public.contacts SET notes = concat('row-canary-', 'changed-90ab')
WHERE notes LIKE 'row-canary-not%';
"""


def edited(path: Path, *, before: str, insert: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, insert + before), "utf-8")


@pytest.fixture
def talkative(tmp_path: Path) -> Place:
    repository = tmp_path / "crm"
    shutil.copytree(ROOT / "staging" / "crm", repository)
    with (repository / "database" / "seed.sql").open("a", encoding="utf-8") as seed:
        seed.write(SEED)
    deployment = repository / "deployment"
    edited(
        deployment / "migrate.sh",
        before="  export PGCONNECT_TIMEOUT=",
        insert=CHATTER,
    )
    with (deployment / "migration-003-entity-mappings.sql").open("a", encoding="utf-8") as file:
        file.write(MIGRATION)
    return box(tmp_path, provider="selftest.promises.stacks:LeakyStack", repository=repository)


def everything_printed(place: Place) -> str:
    outputs = (place.dossier.folder / "actions").glob("*/output.log")
    return "\n".join(path.read_text("utf-8") for path in outputs)


def test_what_a_talkative_script_and_failing_statements_tell_is_written_nowhere(
    talkative: Place,
) -> None:
    run = talkative.run("-m", "phase1")
    assert run.status == 1, run
    assert talkative.states["MIG-2.4"] == "FAIL"
    assert talkative.states["MIG-3.4"] == "FAIL"
    assert talkative.states["MIG-1.2"] == "PASS"
    printed = everything_printed(talkative)
    for said in ("the password is", "token=", "row contains (", "Key (email)=(", "invalid input"):
        assert said in printed
    assert "VITE_PULSE_API_KEY=" in printed
    assert seen_in(run.output.encode(), SECRETS + ROW_DATA) == []
    assert sightings(talkative.reports, SECRETS + ROW_DATA) == []


LIVE = "sk_live_51Hcanary9d2e"
DEFINITIONS = f"""
CREATE TABLE public.invites (
  id int PRIMARY KEY, token text, sender text DEFAULT 'info@example.org',
  api_key text DEFAULT '{LIVE}', pulse text DEFAULT '{stacks.ENV_VALUES["VITE_PULSE_API_KEY"]}'
);
ALTER TABLE public.invites ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_token ON public.invites
  USING (token = current_setting('request.token', true) AND pulse <> '{LIVE}');
CREATE FUNCTION public.invited(p_token text) RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
  IF EXISTS (SELECT FROM public.invites WHERE token = p_token) THEN
    RETURN '{LIVE}' || 'token=' || p_token || '{stacks.ENV_VALUES["VITE_GEMINI_API_KEY"]}';
  END IF;
END $f$;
"""


def test_secrets_in_definitions_are_written_nowhere_and_turn_nothing_red(tmp_path: Path) -> None:
    repository = tmp_path / "crm"
    shutil.copytree(ROOT / "staging" / "crm", repository)
    with (repository / "database" / "baseline.sql").open("a", encoding="utf-8") as file:
        file.write(DEFINITIONS)
    place = box(tmp_path, provider="selftest.promises.stacks:LeakyStack", repository=repository)
    run = place.run("-m", "phase1")
    assert run.status == 0, run
    assert list(place.states.values()) == ["PASS"] * 12
    assert seen_in(run.output.encode(), [*SECRETS, LIVE]) == []
    assert sightings(place.reports, [*SECRETS, LIVE]) == []


def test_a_refused_password_is_written_nowhere(tmp_path: Path) -> None:
    place = box(tmp_path, provider="selftest.promises.stacks:StrangerStack")
    run = place.run("-m", "phase1")
    assert run.status == 20, run
    assert set(place.states.values()) == {"ERROR"}
    assert "password authentication failed" in run.output
    assert seen_in(run.output.encode(), [stacks.WRONG_PASSWORD]) == []
    assert sightings(place.reports, [stacks.WRONG_PASSWORD]) == []
