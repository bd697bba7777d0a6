"""Edits, choices, callouts, outages, repeated messages in any order: at rest Zuora has it all (I7, R50-R57)."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.flows.test_callouts import call_out
from tests.flows.virtual_time import Deployment, deployed
from tests.invariants import violations
from tests.world import TICKET, World

PEOPLE = ("olga", "carl", "dora")
FAULTS = ["http_503", "http_500_html", "rate_limit", "rate_limit_no_header", "lock", "malformed", "unauthorized"]
CITIES, STREETS = ("Graz", "Linz", "Wels", ""), ("Ring 1", "Kai 2", "")
OURS, THEIRS = "city", "address1"
"""Here only cities are edited, in Zuora only streets: so it is known who has the last word."""

Action = tuple[str, Any]
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.tuples(st.just("edit"), st.sampled_from(CITIES)),
    st.tuples(st.just("choose_sold_to"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("choose_bill_to"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("type_bill_to"), st.integers(1, 2)),
    st.tuples(st.just("be_refused"), st.tuples(st.sampled_from(("sold-to", "bill-to")), st.sampled_from(PEOPLE))),
    st.tuples(st.just("change_in_zuora"), st.sampled_from(STREETS)),
    st.tuples(st.just("fail"), st.sampled_from(FAULTS)),
    st.tuples(st.just("heal"), st.none()),
    st.tuples(st.just("repeat_everything"), st.none()),
    st.tuples(st.just("change_roles"), st.sampled_from(("manager", "admin"))),
    st.tuples(st.just("wait"), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.integers(1, 4)),
)

_numbers = iter(range(10_000))


@dataclass
class TransferScenario:
    """One account with three managers, and what Zuora has to be like at rest."""

    deployment: Deployment
    number: int = field(default_factory=lambda: next(_numbers))
    wanted: dict[str, str] = field(default_factory=dict)
    cities: dict[str, str] = field(default_factory=dict)
    streets: dict[str, str] = field(default_factory=dict)
    sold_to_chosen: bool = False
    refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Everybody is there, and everything in step."""
        self.people = {name: self.world.person(self.address(name), expires_in=10**7) for name in PEOPLE}
        olga = self.people["olga"]
        self.account = self.world.account(olga)
        self.ids = {"olga": self.world.id_of(olga)}
        for name in PEOPLE[1:]:
            self.ids[name] = self.world.add(olga, self.account, self.people[name], role="admin")
        self.wanted = dict.fromkeys(("sold_to", "bill_to"), self.address("olga"))
        self.rest()
        self.world.zuora.forget_requests()

    @property
    def world(self) -> World:
        """Where it is played."""
        return self.deployment.world

    @property
    def path(self) -> str:
        """The account's path."""
        return f"/v1/billing-accounts/{self.account}"

    def address(self, name: str) -> str:
        """Somebody's address in this play."""
        return f"{name}{self.number}@acme.example"

    # The actions

    def edit(self, city: str) -> None:
        """Support edits the Sold To, if Zuora knows who that is."""
        shown = self._shown()["sold_to"]
        if shown["id"] is None or shown["sync"]["state"] == "failed":
            return
        body = {OURS: city, "ticket_url": TICKET}
        self.world.ok("PATCH", f"/v1/support/contacts/{shown['id']}", self.world.support(), body)
        self.cities[shown["id"]] = city

    def choose_sold_to(self, name: str) -> None:
        """A manager becomes Sold To."""
        self._choose("sold-to", {"manager_id": self.ids[name]})
        self.wanted["sold_to"] = self.address(name)
        self.sold_to_chosen = True

    def choose_bill_to(self, name: str) -> None:
        """A manager becomes Bill To."""
        self._choose("bill-to", {"manager_id": self.ids[name]})
        self.wanted["bill_to"] = self.address(name)

    def type_bill_to(self, number: int) -> None:
        """Somebody who manages nothing becomes Bill To."""
        address = self.address(f"ap{number}.")
        typed = {"first_name": "Bea", "last_name": f"Counter {number}", "work_email": address, "country": "Germany"}
        self._choose("bill-to", {"contact": typed})
        self.wanted["bill_to"] = address

    def be_refused(self, choice: tuple[str, str]) -> None:
        """Zuora refuses a choice for good: who plays the part stays it, and the guard follows Zuora (R32)."""
        part, name = choice
        ours = part.replace("-", "_")
        self.rest()
        if self.wanted[ours] == self.address(name):
            return
        in_zuora = self.world.zuora.state.accounts[self._account()["basicInfo"]["id"]]
        in_zuora["status"] = "Canceled"
        self._choose(part, {"manager_id": self.ids[name]})
        self.rest()
        in_zuora["status"] = "Active"
        self.refused.add(ours)
        self.sold_to_chosen |= ours == "sold_to"
        assert self._shown()[ours]["sync"]["state"] == "failed"
        assert end_of_is_whole(self)

    def change_in_zuora(self, street: str) -> None:
        """Somebody of the billing team edits the Bill To in Zuora, which tells so, twice."""
        contact_id = str(self._account()["billToContact"]["id"])
        self.world.zuora.do("PUT", f"/v1/contacts/{contact_id}", {THEIRS: street})
        self.streets[contact_id] = street
        for _ in range(2):
            call_out(self.world, {"contact_id": contact_id}, f"{self.number} {len(self.world.items('History'))}")

    def fail(self, fault: str) -> None:
        """Zuora fails from now on."""
        self.world.zuora.heal()
        self.world.zuora.fail("*", fault)

    def heal(self, _: None) -> None:
        """Zuora works again."""
        self.world.zuora.heal()

    def repeat_everything(self, _: None) -> None:
        """The stream brings all events of the account once more."""
        self.world.pipeline.forget_stream(self.account)

    def change_roles(self, role: str) -> None:
        """Something that does not concern Zuora (R50)."""
        self.world.ok("PATCH", f"{self.path}/managers/{self.ids['carl']}", self.people["olga"], {"role": role})

    def wait(self, minutes: int) -> None:
        """Time goes by."""
        for _ in range(minutes):
            self.deployment.minute()

    # The end

    def rest(self) -> None:
        """Zuora works, and everything arrives."""
        self.world.zuora.heal()
        self.deployment.minute()
        self.deployment.until(lambda: not self.deployment.queue.messages, most=60, news=False)

    def wrong(self) -> dict[str, Any]:
        """What is not as it has to be, with what it is."""
        theirs, world = self._account(), self.world
        contacts = [
            each for each in world.zuora.state.contacts.values() if each["accountId"] == theirs["basicInfo"]["id"]
        ]
        copies = {each["contact_id"]["S"]: each for each in world.items("Contacts") if "assignment_of" not in each}
        sent = [each["body"] for each in world.zuora.requests if isinstance(each["body"], dict)]
        shown = {part: theirs[f"{name}Contact"] for part, name in (("sold_to", "soldTo"), ("bill_to", "billTo"))}
        found = {
            "parts": {part: each["workEmail"] for part, each in shown.items()} != self.wanted,
            "twice in Zuora": max(Counter(each["workEmail"] for each in contacts).values()) > 1,
            "cities": [each for each, city in self.cities.items() if (self._of(each)["city"] or "") != city],
            "streets": [each for each, street in self.streets.items() if (self._of(each)["address1"] or "") != street],
            "copies": [
                each for each, copy in copies.items() if copy.get("account_id", {}).get("S") == self.account
                and not self._equal(copy, self._of(each))
            ],
            "dead": self.deployment.queue.dead,
            "sold to written without a choice": not self.sold_to_chosen
            and [body for body in sent if "soldToContactId" in body],
        }  # fmt: skip
        return {name: value for name, value in found.items() if value}

    def _of(self, contact_id: str) -> Any:
        return self.world.zuora.do("GET", f"/v1/contacts/{contact_id}")

    def _equal(self, copy: Any, theirs: Any) -> bool:
        names = {"city": "city", "address1": "address1", "work_email": "workEmail", "country": "country"}
        same = all((copy[ours].get("S") or "") == (theirs[name] or "") for ours, name in names.items())
        return same and copy["sync_state"]["S"] == "synced"

    def _account(self) -> Any:
        (item,) = [each for each in self.world.items("Accounts") if each["key"]["S"] == self.account]
        return self.world.zuora.do("GET", f"/v1/accounts/{item['zuora_account_id']['S']}")

    def _shown(self) -> Any:
        return self.world.ok("GET", f"{self.path}/contacts", self.people["olga"])

    def _choose(self, part: str, body: dict[str, Any]) -> None:
        self.world.ok("PUT", f"{self.path}/contacts/{part}", self.people["olga"], body)
        self.refused.discard(part.replace("-", "_"))


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployed(world, monkeypatch) as running:
        yield running


_CI = settings(settings.get_profile("ci"), max_examples=15, suppress_health_check=list(HealthCheck))
_LONG = settings(_CI, derandomize=False, max_examples=2000)
_RAW = settings(_CI, derandomize=False, phases=[Phase.generate])
PROFILES = {"ci": _CI, "long": _LONG, "raw": _RAW}


@settings(PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "ci")])
@given(actions=st.lists(ACTIONS, min_size=4, max_size=16))
def test_at_rest_zuora_is_as_it_should_be(deployment: Deployment, actions: list[Action]) -> None:
    """I7, R50, R51, R54, R55, R57."""
    deployment.queue.messages.clear()
    deployment.queue.dead.clear()
    deployment.world.pipeline.lose_stream()
    play = TransferScenario(deployment)
    for name, value in actions:
        getattr(play, name)(value)
    play.rest()
    assert play.wrong() == {}
    assert end_of_is_whole(play)
    assert violations(deployment.world) == []


def end_of_is_whole(play: TransferScenario) -> bool:
    """No assignment is left but what was refused, and what protects from removal is who plays the part (R32)."""
    (account,) = [each for each in play.world.items("Accounts") if each["key"]["S"] == play.account]
    left = [each for each in play.world.items("Contacts") if each.get("assignment_of", {}).get("S") == play.account]
    refused = {each["part"]["S"] for each in left if "error_code" in each}
    nobody_else = not any(f"{part}_next" in account for part in play.wanted)
    protected = {part: account[f"{part}_address"]["S"] for part in play.wanted}
    return (len(left), refused, protected, nobody_else) == (len(play.refused), play.refused, play.wanted, True)
