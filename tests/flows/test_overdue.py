"""An overdue invitation blocks nothing, recorded as expired or not; if it is in the way, it is expired at once (I3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import wiring
from tests.flows.two_manager_case import Case, Snapshot
from tests.gateway import Response
from tests.integration.interleaving import READ, just_before
from tests.invariants import violations
from tests.world import Person, World

DAVE, ERIN = "dave@acme.example", "erin@acme.example"
PENDING_AT_MOST = 15


class Week(Case):
    """The case, in which a week can pass; sign-ins do not last that long."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._clock: Any = None

    def passes(self, *, days: int = 7) -> None:
        """So many days later; everybody signs in again."""
        then = wiring.now() + timedelta(days=days)
        self.ends()
        self._clock = time_machine.travel(then, tick=True)
        self._clock.start()
        self.sign_in()

    def ends(self) -> None:
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
            self.sign_in()

    def sign_in(self) -> None:
        """Everybody, again."""
        self.olga, self.carl, self.dave = (self.world.person(who.email) for who in (self.olga, self.carl, self.dave))

    def pending(self, who: Person | None = None) -> list[str]:
        """The addresses that are listed as invited."""
        found = self.world.ok("GET", f"{self.path}/invitations", who or self.olga)["data"]
        return [str(each["email"]) for each in found]

    def status(self, invitation_id: str) -> str:
        return str(self.world.ok("GET", f"{self.path}/invitations/{invitation_id}", self.olga)["status"])

    def used(self) -> tuple[int, int]:
        """Managers and pending invitations, as the account counts them."""
        limits = self.world.ok("GET", self.path, self.olga)["limits"]
        return limits["managers"]["used"], limits["pending_invitations"]["used"]


@pytest.fixture(scope="module")
def weeks(tables: World) -> Snapshot[Week]:
    return Snapshot(Week(tables))


@pytest.fixture
def week(weeks: Snapshot[Week]) -> Iterator[Week]:
    made = weeks.again()
    try:
        yield made
        made.world.pipeline.drain()
        assert violations(made.world, quiescent=True, lowered=[made.account]) == []
    finally:
        made.ends()


def refused(response: Response) -> tuple[int, str | None]:
    return response.status, response.code


def test_an_overdue_invitation_is_seen_as_expired_by_everybody(week: Week) -> None:
    """R20: lists, the invitation itself, the link, the inbox and its count."""
    invitation_id, token = week.invited()
    week.passes()
    assert week.pending() == []
    assert week.status(invitation_id) == "expired"
    assert refused(week.accept(token)) == (410, "invitation_expired")
    preview = week.world.call("POST", "/v1/invitations/preview", None, {"token": token})
    assert refused(preview) == (410, "invitation_expired")
    assert week.world.ok("GET", "/v1/me/invitations", week.dave)["data"] == []
    assert week.world.ok("GET", "/v1/me", week.dave)["counts"]["pending_invitations"] == 0


def test_an_overdue_invitation_does_not_lock_its_address(week: Week) -> None:
    """R11, R20, I3: it is expired with its event, and the new one is made."""
    old, old_token = week.invited()
    week.passes()
    assert week.invite().status == 201
    assert week.status(old) == "expired"
    assert week.pending() == [DAVE]
    assert week.used() == (2, 1)
    assert week.world.events(week.account)[-2:] == ["invitation_expired", "invitation_created"]
    assert refused(week.accept(old_token)) == (410, "invitation_expired")
    assert week.accept(week.world.link_token(DAVE)).status == 201


def test_a_live_invitation_locks_its_address_and_nothing_is_expired(week: Week) -> None:
    """R11: one with a day left."""
    week.invite()
    week.passes(days=6)
    assert refused(week.invite()) == (409, "already_invited")
    assert week.count("invitation_expired") == 0


def test_overdue_invitations_do_not_take_seats(week: Week) -> None:
    """R7, I2, I3."""
    week.change(max_managers=4)
    week.invite(DAVE)
    week.invite(ERIN)
    assert refused(week.invite("fred@acme.example")) == (409, "account_full")
    week.passes()
    assert week.invite("fred@acme.example").status == 201
    assert week.used() == (2, 1)
    assert week.count("invitation_expired") == 2


def test_live_invitations_take_seats_and_nothing_is_expired(week: Week) -> None:
    """R7."""
    week.change(max_managers=3)
    week.invite(DAVE)
    week.passes(days=6)
    assert refused(week.invite(ERIN)) == (409, "account_full")
    assert week.count("invitation_expired") == 0


def test_overdue_invitations_do_not_count_as_pending(week: Week) -> None:
    """R8, I3."""
    for number in range(PENDING_AT_MOST):
        assert week.invite(f"guest{number}@acme.example").status == 201
    assert refused(week.invite()) == (409, "pending_limit_reached")
    week.passes()
    assert week.invite().status == 201
    assert week.pending() == [DAVE]
    assert week.used() == (2, 1)


def test_two_overdue_obstacles_are_both_expired(week: Week) -> None:
    """R7, R11, I3: the address and, since the limit was lowered, the seat of another one."""
    week.invite(DAVE)
    week.invite(ERIN)
    week.change(max_managers=3)
    week.passes()
    assert week.invite(DAVE).status == 201
    assert week.used() == (2, 1)


def test_an_overdue_invitation_does_not_prevent_accepting_another(week: Week) -> None:
    """R17, R20, I3: the limit was lowered to what is left without the overdue one."""
    week.invite(ERIN)
    week.passes(days=4)
    _, token = week.invited()
    week.change(max_managers=3)
    assert refused(week.accept(token)) == (409, "account_full")
    week.passes(days=4)
    assert week.accept(token).status == 201
    assert week.used() == (3, 0)


def test_an_invitation_that_is_expired_at_that_moment_does_not_block_either(week: Week) -> None:
    """R11, I3: somebody else expires it between the refusal and the reread."""
    week.invite()
    week.passes()

    def rival() -> None:
        assert week.invite(who=week.olga).status == 201
        made = week.world.ok("GET", f"{week.path}/invitations", week.olga)["data"][0]["id"]
        assert week.revoke(made).status == 200

    with just_before(READ, rival, nth=2):
        assert week.invite().status == 201
    assert week.pending() == [DAVE]


def test_revoking_an_overdue_invitation_makes_it_final_and_tells_nobody(week: Week) -> None:
    """R19, R35: its link had stopped working already."""
    invitation_id, token = week.invited()
    mails = len(week.world.mails_to(DAVE))
    week.passes()
    assert week.revoke(invitation_id).json["status"] == "revoked"
    week.world.pipeline.drain()
    assert len(week.world.mails_to(DAVE)) == mails
    assert refused(week.accept(token)) == (410, "invitation_revoked")
    assert week.used() == (2, 0)


def test_revoking_one_that_was_expired_makes_it_final_too(week: Week) -> None:
    """R19, R20."""
    old, _ = week.invited()
    week.passes()
    week.invite()
    assert week.status(old) == "expired"
    assert week.revoke(old).json["status"] == "revoked"
    assert week.revoke(old).json["status"] == "revoked"
    assert week.count("invitation_revoked") == 1


def test_a_removed_managers_overdue_invitations_end_too(week: Week) -> None:
    """R22, I2."""
    week.invite()
    week.passes()
    assert week.remove(week.carls_id, week.olga).status == 204
    assert week.used() == (1, 0)
    assert week.count("invitation_revoked") == 1


@pytest.mark.parametrize(("seconds", "status"), [(-1, 201), (1, 410)])
def test_a_link_works_until_the_second_of_its_expiry(week: Week, seconds: int, status: int) -> None:
    """R10, R20."""
    made = week.invite().json
    token = week.world.link_token(DAVE)
    expiry = datetime.fromisoformat(made["expires_at"])
    with time_machine.travel(expiry + timedelta(seconds=seconds), tick=False):
        dave = week.world.person(DAVE)
        assert week.accept(token, dave).status == status
