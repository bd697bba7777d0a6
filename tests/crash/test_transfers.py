"""A transfer of ownership crashes at any AWS call: it is resumed, and nothing happens twice (R66)."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib import ids, wiring
from chalicelib.domain import tokens
from chalicelib.domain.tokens import Claim
from chalicelib.functions import transfers
from tests.crash.boundaries import Armed, Point, armed, live, points
from tests.desk import zuora_worker
from tests.events import schedule_event
from tests.gateway import Context
from tests.invariants import violations
from tests.table_dump import plain_items
from tests.world import TICKET, Person, World

PROOF = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}
NINA = "nina@acme.example"


class Case:
    """Olga's account, with one seat, which is transferred to Nina."""

    def __init__(self, world: World, running: Armed) -> None:
        self.world, self._running = world, running
        self.sue, olga = world.support(), world.person("olga@acme.example")
        self.nina = world.person(NINA, given_name="Nina", family_name="New")
        self.account = world.account(olga)
        self.olga_id = world.id_of(olga)
        world.set_account(self.account, max_managers=1)
        self.path = f"/v1/support/billing-accounts/{self.account}"
        self.key = f"key-{ids.account_id(wiring.now())}"

    def post(self, path: str, body: dict[str, Any], who: Person | None = None) -> int:
        """One request, with a key if it is Sue's; its status."""
        headers = {"Idempotency-Key": self.key} if who is None else {}
        return self.world.call("POST", path, who or self.sue, body, headers).status

    def start(self) -> int:
        """Sue asks for the transfer."""
        body = {"from": self.olga_id, "to": {"email": NINA}, "verification": PROOF, "ticket_url": TICKET}
        return self.post(f"{self.path}/transfer", body)

    def cancel(self) -> int:
        """Sue cancels it."""
        return self.post(f"{self.path}/transfers/{self.transfer['key']}/cancel", {"ticket_url": TICKET})

    def accept(self) -> None:
        """Nina accepts her invitation."""
        ring = wiring.key_ring()
        token = tokens.make(ring, Claim(ring.current, self.account, self.transfer["invitation_id"], generation=1))
        assert self.post("/v1/invitations/accept", {"token": token}, self.nina) == 201

    @property
    def transfer(self) -> dict[str, Any]:
        """The transfer's item."""
        (found,) = (it for it in plain_items(self.world, "Transfers") if it["key"].startswith("tra_"))
        return found

    def live(self, work: Callable[[], object], dies: Point | None = None) -> tuple[bool, list[str]]:
        """Runs the work in a process of its own."""
        return live(self._running, work, dies)

    def outcome(self) -> dict[str, Any]:
        """What must be the same however often the process crashed on the way."""
        events = Counter(it["type"] for it in plain_items(self.world, "History"))
        (account,) = (it for it in plain_items(self.world, "Accounts") if it["key"] == self.account)
        counters = {
            name: account.get(name) for name in ("max_managers", "seats_used", "manager_count", "pending_count")
        }
        people = sorted(it["member"] for it in plain_items(self.world, "Memberships") if it["owner"] == self.account)
        return {
            "state": self.transfer["state"],
            "events": events,
            "account": counters,
            "people": len(people),
            "olga": self.olga_id in people,
            "assigned": zuora_worker.assignment_of(self.world, self.account) is not None,
            "locks": [it["key"] for it in plain_items(self.world, "Transfers") if it["key"].startswith("account#")],
            "wrong": violations(self.world, lowered=[self.account]),
        }


@pytest.fixture
def case(world: World) -> Iterator[Case]:
    world.pipeline.zuora_waits = True  # tests/crash/test_zuora.py is about its worker
    with armed() as running:
        yield Case(world, running)


def nudge() -> None:
    transfers.nudge_transfers(schedule_event(), Context())


def to_the_start(_case: Case) -> None:
    """Nothing has been requested yet."""


def to_started(case: Case) -> None:
    assert case.start() == 202


def to_invited(case: Case) -> None:
    to_started(case)
    nudge()


def to_accepted(case: Case) -> None:
    to_invited(case)
    case.accept()


def to_synced(case: Case) -> None:
    to_accepted(case)
    nudge()
    zuora_worker.fulfil(case.world, case.account)


@pytest.mark.parametrize(
    ("before", "work", "state"),
    [
        (to_the_start, Case.start, "started"),
        (to_started, lambda _case: nudge(), "invited"),
        (to_accepted, lambda _case: nudge(), "sold_to_requested"),
        (to_synced, lambda _case: nudge(), "completed"),
        (to_invited, Case.cancel, "cancelled"),
        (to_accepted, Case.cancel, "cancelled"),
    ],
    ids=["start", "invite", "choose", "finish", "cancel an invitation", "cancel after joining"],
)
def test_a_transfer_that_crashes_anywhere_is_resumed(
    case: Case, before: Callable[[Case], None], work: Callable[[Case], object], state: str
) -> None:
    """R66, I2, I5: at every boundary of every step; the second run ends where the first one would have."""
    before(case)
    tables = case.world.everything()
    lived, calls = case.live(lambda: work(case))
    right = case.outcome()
    assert (lived, right["state"], right["wrong"]) == (True, state, [])
    wrong = {}
    for point in points(calls):
        case.world.rewind(tables)
        assert not case.live(lambda: work(case), point)[0]
        assert case.live(lambda: work(case))[0]
        found = case.outcome()
        if found != right:
            wrong[f"{point} {calls[point.call]}"] = found
    assert wrong == {}, f"{len(points(calls))} crash points, right is {right}"
