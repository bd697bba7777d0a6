"""Reminders and requests for a new link only change an invitation that is as it was read (R20, R23)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from chalicelib.operations.invitations.expire_and_remind import remind_and_expire
from tests.flows.two_manager_case import Case, Snapshot
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.integration.store_fixtures import meanwhile
from tests.invariants import violations
from tests.world import World


@pytest.fixture(scope="module")
def beginning(tables: World) -> Snapshot[Case]:
    return Snapshot(Case(tables))


@pytest.fixture
def case(beginning: Snapshot[Case]) -> Iterator[Case]:
    made = beginning.again()
    yield made
    assert violations(made.world) == []


def _later(**span: float) -> datetime:
    return datetime.now(UTC) + timedelta(**span)


def _resend(case: Case, invitation_id: str) -> None:
    olga = case.world.person("olga@acme.example")  # signed in again: days have passed
    case.world.ok("POST", f"{case.path}/invitations/{invitation_id}/resend", olga)


def _revoke(case: Case, invitation_id: str) -> None:
    assert case.revoke(invitation_id, case.world.person("olga@acme.example")).status == 200


def _remind(case: Case, _invitation_id: str) -> None:
    assert remind_and_expire(now=datetime.now(UTC), enough=lambda: False).reminded == 1
    assert case.count("invitation_reminded") == 1


def _end(case: Case, invitation_id: str) -> None:
    key = {"account_id": case.account, "invitation_id": invitation_id}
    meanwhile("Invitations", key, expires_at="2026-01-01T00:00:00.000000+0000")


@pytest.mark.parametrize("quicker", [_revoke, _resend, _remind, _end])
def test_a_reminder_after_a_concurrent_change_is_not_sent(case: Case, quicker: Callable[[Case, str], None]) -> None:
    """R20, I7: the invitation stays as the other change left it, and no extra reminder goes out."""
    invitation_id, _ = case.invited()
    left: list[object] = []

    def rival() -> None:
        quicker(case, invitation_id)
        left.extend([case.world.items("Invitations"), case.count("invitation_reminded")])

    with time_machine.travel(_later(days=2, minutes=1)):
        with just_before(COMMIT, rival):
            tally = remind_and_expire(now=datetime.now(UTC), enough=lambda: False)
        assert (tally.reminded, tally.left) == (0, 1)
        assert [case.world.items("Invitations"), case.count("invitation_reminded")] == left


def test_a_new_link_is_not_requested_when_one_went_out_meanwhile(case: Case) -> None:
    """R23, S12: the holder of the old link is told of the newer one, and the managers are not asked for another."""
    invitation_id, token = case.invited()
    with time_machine.travel(_later(days=8)):
        with just_before(COMMIT, lambda: _resend(case, invitation_id)):
            answer = case.world.call("POST", "/v1/invitations/request-new", None, {"token": token})
        assert (answer.status, answer.code) == (410, "invitation_superseded")
        assert case.count("invitation_new_requested") == 0
        assert not [item for item in case.world.items("Invitations") if "new_requested_at" in item]


def test_of_two_requests_for_a_new_link_at_once_the_managers_get_one_mail(case: Case) -> None:
    """R23: at most once a day."""
    _, token = case.invited()
    answers: list[Response] = []

    def ask() -> None:
        answers.append(case.world.call("POST", "/v1/invitations/request-new", None, {"token": token}))

    with time_machine.travel(_later(days=8)):
        with just_before(COMMIT, ask):
            ask()
        assert [each.status for each in answers] == [202, 429]
        assert case.count("invitation_new_requested") == 1
