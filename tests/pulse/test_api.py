"""Phase 4, step 1: does the partner's API answer, whom does it answer, and how much?"""

from __future__ import annotations

import secrets

import pytest

from gonogo.clock import Clock
from gonogo.config_app import PulseSection
from gonogo.evidence import Evidence
from gonogo.probes.pulse.journey import Journey
from gonogo.probes.pulse.reach import Door
from gonogo.probes.pulse.shape import answered_shape
from gonogo.provider import Instance
from gonogo.vendors.pulse import Pulse


@pytest.mark.item("PUL-1.1")
def test_the_address_can_be_reached(
    instance: Instance, pulse: Pulse, agreed: PulseSection, clock: Clock, evidence: Evidence
) -> None:
    """Its name is known, its certificate believed, and it answers in good time."""
    door = Door(url=instance.service("pulse").url, clock=clock)
    reached = evidence.observe("the way to the API", door.reach)
    assert not reached.refused_because, str(reached)
    answer = evidence.observe("an answer", pulse.answer)
    evidence.fill(f"{round(1000 * answer.duration_s)}", unit="ms", source=pulse.where)
    assert answer.status < 500, f"it answers HTTP {answer.status}"
    assert answer.duration_s < agreed.answers_within_s, f"it took {answer.duration_s:.1f} s"


@pytest.mark.item("PUL-1.2")
def test_the_key_opens_it_and_no_other_does(
    instance: Instance, pulse: Pulse, evidence: Evidence
) -> None:
    """The application's key is accepted; a wrong one and none are refused."""
    key = instance.service("pulse").token
    wrong = f"{key[:6]}{secrets.token_urlsafe(18)}"
    assert evidence.observe("status for the right key", pulse.status_for, key) == 200
    assert evidence.observe("status for a wrong key", pulse.status_for, wrong) in {401, 403}
    assert evidence.observe("status without a key", pulse.status_for, "") in {401, 403}


@pytest.mark.item("PUL-1.3")
def test_its_answer_has_the_agreed_shape(
    pulse: Pulse, agreed: PulseSection, evidence: Evidence
) -> None:
    """Records and pagination have every agreed field, of the agreed kind."""
    compared = evidence.observe("a page of records", answered_shape, pulse, shape=agreed.shape)
    assert compared.equal, str(compared)


@pytest.mark.item("PUL-1.4")
def test_the_limit_is_the_agreed_one_and_kept(
    pulse: Pulse, agreed: PulseSection, journey: Journey, evidence: Evidence
) -> None:
    """Answers name the documented figure; a page that is told to wait waits, and then goes on."""
    headers = evidence.observe("headers of the limit", pulse.limit_headers)
    assert headers.limit == agreed.rate_limit_per_minute, str(headers)
    assert headers.remaining is not None, str(headers)
    limited = evidence.observe("a page that was told to wait", journey.limit)
    counted = (limited.first, limited.while_waiting, limited.afterwards)
    assert counted == (1, 0, 1), str(limited)
