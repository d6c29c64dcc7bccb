"""What a check leaves behind of the browser windows it used: their logs; traces where it is red."""

from __future__ import annotations

from gonogo.dossier import write_atomically
from gonogo.errors import CannotTell, RecordError
from gonogo.evidence import Evidence
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.report.wording import size
from gonogo.trace_archive import masked_archive

FOLDER = "traces"
"""Beside the dossiers: a trace is no evidence, and is of no use to a gate."""


def leave_in(evidence: Evidence, run: SuiteRun, *, red: bool) -> None:
    """Record the logs of the windows that were closed and are not told yet; if *red*, traces, too.

    Raises:
        RecordError: the journal takes nothing more.
    """
    closed, run.said[:] = tuple(run.said), ()
    untold = [log for log in closed if log.lines and log.window not in evidence.windows]
    for log in untold:
        evidence.attach_log(log)
    if untold:
        evidence.record("console and network", found="\n".join(log.lines[0] for log in untold))
    for window in evidence.windows if red and run.traces else ():
        _keep_trace(window, evidence, run)


def _keep_trace(window: str, evidence: Evidence, run: SuiteRun) -> None:
    """Keep the trace of *window*, masked, and say how to open it; or say why there is none."""
    assert run.traces is not None
    place = f"{FOLDER}/{run.run_id}/{window}.zip"
    kept = run.settings.reports_path / place
    try:
        # Several checks may have shared the window.
        if not kept.exists():
            write_atomically(kept, masked_archive(run.traces / f"{window}.zip", run.redactor))
    except (CannotTell, RecordError) as error:
        evidence.record("trace", found=f"{error.what}: {error.found}")
        return
    shown = f"{run.settings.reports.folder}/{place}"
    found = f"{size(kept.stat().st_size)}; to go through it: playwright show-trace {shown}"
    evidence.record("trace", found=found, source=window, trace=place)
