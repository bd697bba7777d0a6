"""A login switch over more accounts than fit one transaction, crashing at any AWS call (R3, R31)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import settings
from chalicelib.operations import count_logins
from tests.crash.boundaries import Armed, armed, live, points
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import violations
from tests.table_dump import plain_items
from tests.world import TICKET, Person, World


@dataclass(slots=True)
class Case:
    """Nina manages two accounts, each a transaction of its own, and has invited somebody to both."""

    world: World
    running: Armed
    nina: Person
    nina_id: str
    accounts: list[str]

    def switch(self, *, on: bool) -> None:
        """Support switches her login."""
        body = {"login_activated": on, "confirm_reactivation": True, "ticket_url": TICKET}
        self.world.ok("PATCH", f"/v1/support/customers/{self.nina_id}", self.world.support(), body)

    def switch_off_while_she_invites(self) -> None:
        """Between the transactions she invites one more person to the account that was already written."""

        def invite() -> None:
            process = self.running.pop()  # hers does not crash
            self.world.invite(self.nina, self.accounts[0], "late@acme.example")
            self.running.append(process)

        with just_before(COMMIT, invite, nth=2):
            self.switch(on=False)

    def outcome(self) -> dict[str, Any]:
        """What must be the same however often the process crashed on the way."""
        invitations = plain_items(self.world, "Invitations")
        events = Counter(it["type"] for it in plain_items(self.world, "History"))
        return {
            "switched": {name: events[f"login_{name}"] for name in ("deactivated", "reactivated")},
            "pending": sum(it.get("inviter_id") == self.nina_id and it["status"] == "pending" for it in invitations),
            "marks": [bool(it.get("login_off")) for it in self._memberships()],
            "wrong": violations(self.world),
        }

    def counted_too_much(self) -> list[str]:
        """The accounts that count her although she cannot sign in."""
        (she,) = [it for it in plain_items(self.world, "Customers") if it["key"] == self.nina_id]
        if she["login_activated"]:
            return []
        return [it["owner"] for it in self._memberships() if not it.get("login_off")]

    def _memberships(self) -> list[dict[str, Any]]:
        found = plain_items(self.world, "Memberships")
        return [it for it in found if it["member"] == self.nina_id and it["owner"] in self.accounts]


@pytest.fixture
def case(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    monkeypatch.setenv("MEMBERSHIPS_PER_CUSTOMER", "unlimited")
    settings.current.cache_clear()
    monkeypatch.setattr("chalicelib.operations.customers.switch_login._MOST_STEPS", 2)
    nina, accounts = world.person("nina@acme.example"), []
    for number in range(2):
        owner = world.person(f"owner{number}@acme.example")
        accounts.append(world.account(owner))
        nina_id = world.add(owner, accounts[-1], nina)
    for account in accounts:
        world.invite(nina, account, "ivan@acme.example")
    world.pipeline.lose_stream()
    with armed() as running:
        yield Case(world, running, nina, nina_id, accounts)
    settings.current.cache_clear()


def ask_again(_case: Case) -> None:
    """Nothing happens before support repeats the request."""


def count(case: Case) -> None:
    """The command for all accounts runs first: the counters are right, for the login as it is."""
    count_logins.of_customer(case.nina_id)
    assert violations(case.world) == []


@pytest.mark.parametrize(("on", "first"), [(True, ask_again), (False, ask_again), (False, count)])
def test_a_switch_that_crashes_between_its_transactions_is_completed_by_repeating_it(
    case: Case, *, on: bool, first: Callable[[Case], None]
) -> None:
    """R3, R22, R31, I2, I5: at every boundary; in between nobody counts who cannot sign in.

    What she sent meanwhile ends too, also if her login was already off when the process crashed.
    """
    if on:
        case.switch(on=False)
    tables = case.world.everything()
    work = (lambda: case.switch(on=True)) if on else case.switch_off_while_she_invites
    lived, calls = live(case.running, work)
    right = case.outcome()
    assert (lived, right["wrong"], right["marks"]) == (True, [], [not on] * 2)
    assert (right["pending"], right["switched"]) == (0, {"deactivated": 1, "reactivated": int(on)})
    assert sum("TransactWriteItems" in each for each in calls) >= 2
    wrong = {}
    for point in points(calls):
        case.world.rewind(tables)
        assert not live(case.running, work, point)[0]
        counted = case.counted_too_much()
        first(case)
        assert live(case.running, lambda: case.switch(on=on))[0]
        found = case.outcome()
        if found != right or counted:
            wrong[f"{point} {calls[point.call]}"] = (found, counted)
    assert wrong == {}, f"{len(points(calls))} crash points"
