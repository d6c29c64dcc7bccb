from __future__ import annotations

from gonogo.probes.database.preparation import run_script
from selftest.plugin.reached import OWNER, SCRIPT, ReachedProject, complete

ROBBED = """\
#!/bin/sh
. ./live.env
psql -X -q "$DATABASE_URL" <<'SQL'
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'gonogo %';
SELECT pg_advisory_lock(hashtextextended('gonogo: one action at a time', 0));
SELECT pg_sleep(1);
SQL
"""
SHAKEN = """\
#!/bin/sh
. ./live.env
psql -X -q "$DATABASE_URL" <<'SQL'
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'gonogo %';
SELECT pg_sleep(1);
SQL
"""


def test_an_action_that_another_machine_may_have_met_is_no_green_until_it_runs_again(
    shop: ReachedProject,
) -> None:
    run_script(shop.server.dsn("shop"), f"GRANT pg_signal_backend TO {OWNER}")
    shop.script(ROBBED)
    assert shop.migrate().ret == 20
    assert shop.project.states["MIG-2.1"] == "ERROR"
    parts = complete(shop.message("MIG-2.1"))
    assert parts["what"] == "another gonogo may have acted on the database while migrate ran"
    assert parts["found"].startswith("another gonogo was seen acting: pid ")
    action = shop.project.results["actions"][-1]
    assert (action["outcome"], action["exit_status"]) == ("finished", 0)
    assert "broke off" in action["notes"][-1]
    assert shop.migrate().ret == 20, "the next run forgot it"
    assert shop.project.states["MIG-2.1"] == "ERROR"
    shop.script(SCRIPT)
    again = ("--again", "migrate", "--reason", "nobody else acted")
    shop.run("-m", "phase1", "--execute", "migrate", *again)
    assert shop.project.states["MIG-2.1"] == "PASS_AFTER_RETRY"


def test_a_session_that_was_lost_for_a_moment_is_noted(shop: ReachedProject) -> None:
    run_script(shop.server.dsn("shop"), f"GRANT pg_signal_backend TO {OWNER}")
    shop.script(SHAKEN)
    shop.migrate()
    assert shop.project.states["MIG-2.1"] == "PASS"
    notes = shop.project.results["actions"][-1]["notes"]
    assert "the watch for locks broke off: its session was lost at" in notes[-1]
    assert "held again at" in notes[-1]
