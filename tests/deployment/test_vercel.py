"""Phase 2, Vercel: what the platform says of the deployment, and what its address serves."""

from __future__ import annotations

import pytest

from gonogo.evidence import Evidence
from gonogo.provider import Instance
from gonogo.records import ActionRecord
from gonogo.vendors.transport import Transport
from gonogo.vendors.vercel import Vercel


@pytest.mark.item("DEP-V.3")
def test_production_serves_this_commit(
    deployed: ActionRecord | None, instance: Instance, evidence: Evidence
) -> None:
    """The platform calls the deployment ready and promoted, and it is of this release's commit."""
    vercel = Vercel(Transport(access=instance.service("vercel")))
    live = evidence.observe("production's deployment", vercel.live)
    assert (live.state, live.substate) == ("READY", "PROMOTED"), str(live)
    assert live.commit == instance.commit, f"it serves {live.commit}, not {instance.commit}"
