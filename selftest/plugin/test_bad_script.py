from __future__ import annotations

import json
import re

import pytest

from selftest.plugin.reached import SCRIPT, TARGET, ReachedProject, complete


def test_a_missing_script_is_an_error_and_is_run_once_it_is_there(shop: ReachedProject) -> None:
    shop.script(SCRIPT.replace("100", "101")).unlink()
    assert shop.migrate().ret == 20
    parts = complete(shop.message("MIG-2.1"))
    assert parts["what"] == "the script of 'migrate' does not exist, so nothing was run"
    assert parts["where"].endswith("/migrate.sh")
    assert shop.project.results["actions"] == []
    shop.script(SCRIPT.replace("100", "101"))
    shop.migrate()
    assert shop.project.states["MIG-2.1"] == "PASS_AFTER_RETRY"


@pytest.mark.parametrize(
    ("text", "mode", "what", "found"),
    [
        (SCRIPT, 0o644, "may not be executed", "rights 644"),
        ("#!/no/such/shell\n", 0o755, "the interpreter of 'migrate' is missing", "no such program"),
        ("echo no first line\n", 0o755, "does not say what runs it", "b'echo no first line"),
    ],
)
def test_a_script_that_cannot_be_started_is_an_error(
    shop: ReachedProject, text: str, mode: int, what: str, found: str
) -> None:
    shop.script(text, mode=mode)
    assert shop.migrate().ret == 20
    parts = complete(shop.message("MIG-2.1"))
    assert what in parts["what"]
    assert found in parts["found"]
    assert shop.project.results["actions"] == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "echo preparing; read answer",
            "it took longer than 3 s",
        ),
        ("printf 'Which region? '; read answer", "a question that no configured prompt matches"),
        ("printf 'Continue anyway? '; read answer", "only a person may answer that"),
        ("echo preparing; sleep 600", "it took longer than 3 s"),
    ],
)
def test_a_script_that_waits_for_ever_is_stopped_and_its_last_output_shown(
    shop: ReachedProject, body: str, reason: str
) -> None:
    shop.set(TARGET.replace("timeout_s = 30", "timeout_s = 3"))
    shop.script(f"#!/bin/bash\n{body}\n")
    assert shop.migrate().ret == 20
    parts = complete(shop.message("MIG-2.1"))
    assert parts["what"] == "the action migrate did not come to its own end"
    assert parts["where"] == "./migrate.sh"
    assert re.search(reason, parts["found"]), parts["found"]
    last = re.search(r"preparing|region|anyway", parts["found"].split("last lines", 1)[1])
    assert last, parts["found"]
    assert shop.project.results["actions"][0]["outcome"] == "unfinished"


def test_what_a_script_writes_under_a_name_of_its_own_is_not_taken_for_others_writes(
    shop: ReachedProject,
) -> None:
    begin = "BEGIN; INSERT INTO orders VALUES (200, 1); SELECT pg_sleep(0.5); ROLLBACK;"
    shop.script(
        f'#!/bin/sh\n. ./live.env\nPGAPPNAME=upgrade.sh psql -X -c "{begin}" "$DATABASE_URL"\n'
    )
    shop.migrate()
    assert shop.project.states["MIG-2.1"] == "PASS"
    assert not [n for n in shop.project.results["actions"][0]["notes"] if "another session" in n]


def test_a_script_for_another_server_is_refused_by_the_clients(shop: ReachedProject) -> None:
    shop.script("#!/bin/sh\npsql -c 'SELECT 1' postgresql://u:pw@db.elsewhere.example/shop\n")
    assert shop.migrate().ret == 1
    assert "exit status 2" in shop.message("MIG-2.1")
    action = shop.project.results["actions"][0]
    output = shop.project.dossier / "blobs" / action["attachments"][0]["sha256"]
    assert "refused by gonogo" in output.read_text()
    assert json.dumps(action)
