"""The fault table: every call of the worker to Zuora, with every fault; the result is as without it (R51, R55, R57)."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devstack.zuora.calls import Call
from devstack.zuora.faults import Fault, Faults
from tests.flows.test_contact_sync import contact_ids
from tests.flows.virtual_time import Deployment, deployed
from tests.world import TICKET, Person, World

logger = logging.getLogger(__name__)

FAULTS = ["timeout_before", "timeout_after", "unauthorized", "rate_limit", "rate_limit_no_header", "http_503",
          "http_500_html", "lock", "malformed"]  # fmt: skip
STRIKES = 3
"""So many calls in a row are hit, so that the second try of a read is hit too."""
TYPED = {"first_name": "Bea", "last_name": "Counter", "work_email": "ap@acme.example", "country": "AT"}


class Striking(Faults):
    """Strikes the nth call (from 0; None strikes none) and those that follow it, but for tokens."""

    def __init__(self, nth: int | None, fault: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._nth, self._fault = nth, fault

    def take(self, call: Call) -> Fault | None:
        """The fault of this call."""
        if call.path == "/oauth/token":
            return None
        self.seen.append(f"{call.method} {call.path}")
        here = len(self.seen) - 1
        hit = self._nth is not None and self._nth <= here < self._nth + STRIKES
        return Fault("*", self._fault, retry_after=2) if hit else None


@dataclass(frozen=True, slots=True)
class SyncCase:
    """An account with Olga as Sold To and Bill To, and Carl."""

    world: World
    olga: Person
    account: str
    carl_id: str

    @property
    def contact(self) -> str:
        """The Zuora id of the Sold To."""
        return contact_ids(self.world, self.account)["sold_to"]

    def put(self, part: str, body: dict[str, Any]) -> None:
        """Chooses who plays a part."""
        self.world.ok("PUT", f"/v1/billing-accounts/{self.account}/contacts/{part}", self.olga, body)


def scene(case: SyncCase) -> None:
    """The contact is edited, a manager becomes Sold To, a typed-in contact becomes Bill To."""
    body = {"city": "Wien", "country": "at", "ticket_url": TICKET}
    case.world.ok("PATCH", f"/v1/support/contacts/{case.contact}", case.world.support(), body)
    case.put("sold-to", {"manager_id": case.carl_id})
    case.put("bill-to", {"contact": TYPED})


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setattr(world.zuora, "faults", world.zuora.faults)  # put back at the end
    with deployed(world, monkeypatch, read_seconds=0.15) as running:
        yield running


def sync_case(world: World, number: int) -> SyncCase:
    """A new account; its people have their own names, so that many fit into one world."""
    olga = world.person(f"olga{number}@acme.example", expires_in=10**6)
    account = world.account(olga)
    carl_id = world.add(olga, account, world.person(f"carl{number}@acme.example", expires_in=10**6))
    return SyncCase(world, olga, account, carl_id)


def end_of(case: SyncCase) -> dict[str, Any]:
    """Everything that must be the same with and without a fault: Zuora, our copies, the account, the events."""
    world = case.world
    (account,) = [each for each in world.items("Accounts") if each["key"]["S"] == case.account]
    zuora_id = account["zuora_account_id"]["S"]
    theirs = world.zuora.do("GET", f"/v1/accounts/{zuora_id}")
    contacts = [each for each in world.zuora.state.contacts.values() if each["accountId"] == zuora_id]
    copies = [each for each in world.items("Contacts") if each.get("account_id", {}).get("S") == case.account]
    there = {part: theirs[f"{part}Contact"] for part in ("soldTo", "billTo")}
    return {
        "in zuora": {part: _shown(each) for part, each in there.items()},
        "contacts in zuora": len(contacts),
        "ours point there": [account[f"{part}_contact_id"]["S"] for part in ("sold_to", "bill_to")]
        == [there[part]["id"] for part in ("soldTo", "billTo")],
        "protected": [account[f"{part}_address"]["S"].rstrip("0123456789") for part in ("sold_to", "bill_to")],
        "states": Counter(each["sync_state"]["S"] for each in copies),
        "assignments left": sum("assignment_of" in each for each in world.items("Contacts")),
        "events": sorted(world.events(case.account)),
    }


def _shown(contact: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(contact[name]).rstrip("0123456789") for name in ("firstName", "city", "country"))


def played(deployment: Deployment, number: int, strikes: Striking) -> dict[str, Any]:
    """The scenario on an account of its own, until the queue is empty; its end state, without its own ids."""
    world, queue = deployment.world, deployment.queue
    case = sync_case(world, number)
    world.pipeline.lose_stream()
    world.zuora.faults = strikes
    scene(case)
    deployment.minute()
    deployment.until(lambda: not queue.messages, most=40, news=False)
    assert queue.dead == []
    world.zuora.faults.clear()  # lets go what is stalled
    world.zuora.faults = Faults()
    ended = end_of(case)
    return {name: _anonymous(value, number) for name, value in ended.items()}


def _anonymous(value: Any, number: int) -> Any:
    return [each.replace(f"{number}@", "@") for each in value] if value and isinstance(value, list) else value


@pytest.mark.parametrize("fault", FAULTS)
def test_every_call_may_fail_in_every_way_with_the_same_result(deployment: Deployment, fault: str) -> None:
    """R51, R55, R57: one contact made, every field right, one event of each kind, no dead letters."""
    dry = Striking(None, fault)
    expected = played(deployment, 1, dry)
    assert expected["assignments left"] == 0
    assert set(expected["states"]) == {"synced"}
    wrong = {}
    for nth, call in enumerate(list(dry.seen)):
        found = played(deployment, nth + 2, Striking(nth, fault))
        if found != expected:
            wrong[f"call {nth} {call.partition('?')[0]}"] = {
                name: (value, expected[name]) for name, value in found.items() if value != expected[name]
            }
    assert wrong == {}, f"{len(dry.seen)} calls"
    logger.info("%s: %d calls", fault, len(dry.seen))
