from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.programs import Finished, run_program
from gonogo.probes.database.server import EmbeddedServer


def test_a_program_gets_the_password_by_its_environment(binaries: PostgresBinaries) -> None:
    with EmbeddedServer(password="the password") as server:
        done = run_program(
            binaries, "psql", ["-XAtc", "SELECT current_user, inet_server_port()"], dsn=server.dsn()
        )
        wrong = run_program(
            binaries, "psql", ["-XAtc", "SELECT 1"], dsn=server.dsn(password="wrong")
        )
    assert done.stdout == f"postgres|{server.port}\n"
    assert done.errors == ()
    assert wrong.exit_status == 2
    assert "password authentication failed" in wrong.errors[0]


def test_it_can_act_as_another_role_and_read_a_file(
    binaries: PostgresBinaries, server: EmbeddedServer, template: str, tmp_path: Path
) -> None:
    script = tmp_path / "script.sql"
    script.write_text("SELECT current_user;\n\\i other.sql\n")
    (tmp_path / "other.sql").write_text("SELECT 'other';\n")
    done = run_program(
        binaries, "psql", ["-XAt"], dsn=server.dsn(), role="postgres", folder=tmp_path, stdin=script
    )
    assert done.stdout.split() == ["postgres", "other"]


def test_nothing_of_the_callers_environment_reaches_it(
    binaries: PostgresBinaries, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATABASE", "absent")
    monkeypatch.setenv("PGOPTIONS", "-c no_such=1")
    monkeypatch.setenv("PGHOSTADDR", "10.255.255.1")
    done = run_program(binaries, "psql", ["-XAtc", "SELECT 1"], dsn=server.dsn())
    assert done.stdout == "1\n"


def test_a_program_that_is_missing_or_does_not_end_cannot_be_told(
    binaries: PostgresBinaries, server: EmbeddedServer, tmp_path: Path
) -> None:
    with pytest.raises(CannotTell, match="program psql is missing"):
        run_program(replace(binaries, folder=tmp_path), "psql", [])
    with pytest.raises(CannotTell, match="did not end in time on 127"):
        run_program(
            binaries, "psql", ["-Xc", "SELECT pg_sleep(9)"], dsn=server.dsn(), timeout_s=0.3
        )


def test_its_errors_are_the_lines_that_say_so() -> None:
    def finished(status: int, stderr: str) -> Finished:
        return Finished(program="psql", exit_status=status, stdout="", stderr=stderr)

    assert finished(0, "NOTICE: x\n").errors == ()
    assert finished(3, "NOTICE: x\nERROR:  y\n").errors == ("ERROR:  y",)
    assert finished(3, "Segmentation fault\n\n").errors == ("Segmentation fault",)
