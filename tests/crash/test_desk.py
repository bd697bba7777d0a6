"""The process crashes at any AWS call of a support change: done once or not at all; repeating it completes it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.addresses import Address
from chalicelib.domain.search import Kind
from chalicelib.functions import search
from chalicelib.operations.search.index_search import index
from chalicelib.store import suppressions
from chalicelib.store.transaction import commit
from tests.crash.boundaries import Armed, Point, armed, live, points
from tests.events import sqs_event
from tests.gateway import Context
from tests.invariants import violations
from tests.table_dump import plain_items
from tests.world import TICKET, Person, World

DORA = Address("dora@acme.example")
PROOF = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}


@dataclass(slots=True)
class Case:
    """Olga's account with Nina, who has sent an invitation and is invited elsewhere; Sue has a ticket."""

    world: World
    running: Armed
    sue: Person
    account: str
    nina: str

    @property
    def managers(self) -> str:
        """The path of the account's managers."""
        return f"/v1/support/billing-accounts/{self.account}/managers"

    def ask(self, method: str, path: str, **body: Any) -> int:
        """One request by Sue, under a key that its repetition reuses; its status."""
        headers = {"Idempotency-Key": "the-same"}
        return self.world.call(method, path, self.sue, {"ticket_url": TICKET, **body}, headers).status

    def live(self, work: Callable[[], object], dies: Point | None = None) -> tuple[bool, list[str]]:
        """Runs the work in a process of its own."""
        return live(self.running, work, dies)

    def outcome(self) -> dict[str, Any]:
        """What must be the same however often the process crashed on the way."""
        tables = ("Customers", "Memberships", "Invitations", "Contacts", "Accounts")
        items = {table: Counter(_kind(it) for it in plain_items(self.world, table)) for table in tables}
        events = Counter(it["type"] for it in plain_items(self.world, "History"))
        edits = sorted(it["changes"] for table in tables for it in plain_items(self.world, table) if "changes" in it)
        marks = [it for it in plain_items(self.world, "Limits") if it["limit_key"].startswith("suppressed-address#")]
        suppressed = sum(it["ttl"] > wiring.now().timestamp() for it in marks)
        return {
            "items": items,
            "events": events,
            "wrong": violations(self.world),
            "edits": edits,
            "suppressed": suppressed,
        }


def _kind(it: dict[str, Any]) -> str:
    """What kind of item it is, without the parts that are random in every run."""
    names = (
        "status",
        "role",
        "login_activated",
        "membership_count",
        "address",
        "seats_used",
        "work_email",
        "first_name",
    )
    told = {name: str(it.get(name)) for name in names}
    return json.dumps(told | {"identity": "identity" in it, "erased": "erased_at" in it})


@pytest.fixture
def case(world: World) -> Iterator[Case]:
    olga, nina = world.person("olga@acme.example"), world.person("nina@acme.example")
    account = world.account(olga)
    nina_id = world.add(olga, account, nina)
    world.invite(nina, account, "ivan@acme.example")
    otto = world.person("otto@other.example")
    world.invite(otto, world.account(otto), "nina@acme.example")
    world.pipeline.lose_stream()
    with armed() as running:
        yield Case(world, running, world.support(), account, nina_id)


def _edited(world: World, nina_id: str) -> None:
    """Nina has been edited; so has a contact with her address, of an account that only Zuora knows.

    Mails to Dora have bounced.
    """
    commit(suppressions.suppress(wiring.pseudonym(DORA), "bounced", now=wiring.now()))
    theirs = world.zuora.do("GET", f"/v1/accounts/{world.zuora_account('nina@acme.example')}")
    contact_id = theirs["soldToContact"]["id"]
    for method, path, change in (
        ("PATCH", f"customers/{nina_id}", {"first_name": "Nine"}),
        ("PATCH", f"customers/{nina_id}", {"first_name": "Nina"}),
        ("POST", "contacts", {"zuora_contact_id": contact_id}),
        ("PATCH", f"contacts/{contact_id}", {"city": "Graz"}),
    ):
        world.ok(method, f"/v1/support/{path}", world.support(), {"ticket_url": TICKET, **change})
    world.pipeline.drain()


def grant(case: Case) -> int:
    return case.ask("POST", case.managers, email="carl@acme.example", verification=PROOF)


def remove(case: Case) -> int:
    return case.ask("POST", f"{case.managers}/{case.nina}/remove", reason="Asked for it")


def edit(case: Case) -> int:
    change = {"email": "nina@new.example", "first_name": "Ninette"}
    return case.ask("PATCH", f"/v1/support/customers/{case.nina}", **change)


def edit_and_switch_off(case: Case) -> int:
    return case.ask("PATCH", f"/v1/support/customers/{case.nina}", first_name="Ninette", login_activated=False)


def erase(case: Case) -> int:
    return case.ask("POST", f"/v1/support/customers/{case.nina}/erase", confirm_email="nina@acme.example")


def unlink(case: Case) -> int:
    return case.ask("POST", f"/v1/support/customers/{case.nina}/unlink")


def sign_in_link(case: Case) -> int:
    return case.ask("POST", f"/v1/support/customers/{case.nina}/sign-in-link")


def invite(case: Case) -> int:
    path = f"/v1/support/billing-accounts/{case.account}/invitations"
    return case.ask("POST", path, email="carl@acme.example", verification=PROOF)


def lift(case: Case) -> int:
    return case.ask("POST", "/v1/support/suppressions/lift", email=DORA)


WORKS = [grant, remove, edit, edit_and_switch_off, erase, unlink, sign_in_link, invite, lift]


@pytest.mark.parametrize("work", WORKS)
def test_a_change_of_the_desk_that_crashes_anywhere_is_completed_by_repeating_it(
    case: Case, work: Callable[[Case], int]
) -> None:
    """I2, I5, R25, R26, R67: at every boundary; repeated with the same key, it is done once."""
    _edited(case.world, case.nina)
    tables = case.world.everything()
    statuses: list[int] = []
    lived, calls = case.live(lambda: statuses.append(work(case)))
    right = case.outcome()
    assert (lived, right["wrong"], statuses[0] < 300) == (True, [], True)
    assert (right["edits"] == []) == (work is erase)
    assert (right["suppressed"] == 0) == (work is lift)
    assert sum("TransactWriteItems" in each for each in calls) >= 1
    wrong = {}
    for point in points(calls):
        case.world.rewind(tables)
        assert not case.live(lambda: work(case), point)[0]
        assert case.live(lambda: work(case))[0]
        found = case.outcome()
        if found != right:
            wrong[f"{point} {calls[point.call]}"] = {name: (found[name], right[name]) for name in right}
    assert wrong == {}, f"{len(points(calls))} crash points"


def test_an_index_function_that_crashes_anywhere_leaves_nothing_behind(case: Case) -> None:
    """R61: the message is delivered again; the entries are exactly those of an index built in one run."""
    world = case.world
    index(Kind.CUSTOMER, case.nina)
    case.ask("PATCH", f"/v1/support/customers/{case.nina}", email="someone.else@new.example", first_name="Ninette")
    (image,) = [it for it in world.pipeline.history() if it["type"]["S"] == "email_changed"]
    body = json.dumps({name: image[name]["S"] for name in ("stream", "event_id", "type")})
    batch = sqs_event([{"MessageId": "1", "ReceiptHandle": "1", "Body": body}])
    tables = world.everything()
    _, calls = case.live(lambda: search.index_search(batch, Context()))
    right = sorted((it["place"], it["order"]) for it in plain_items(world, "Search"))
    assert not [order for _, order in right if "nina@acme" in order]
    wrong = {}
    for point in points(calls):
        world.rewind(tables)
        assert not case.live(lambda: search.index_search(batch, Context()), point)[0]
        assert case.live(lambda: search.index_search(batch, Context()))[0]
        found = sorted((it["place"], it["order"]) for it in plain_items(world, "Search"))
        if found != right:
            wrong[str(point)] = set(found) ^ set(right)
    assert wrong == {}, f"{len(points(calls))} crash points"
