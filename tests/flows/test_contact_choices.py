"""Who is protected while Zuora does not have a choice yet, and who is mailed about its outcome (R32, R35, R55)."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.clients.zuora import Zuora
from chalicelib.domain.contacts import ContactRole
from chalicelib.failures import Retryable
from chalicelib.store import contacts, reading
from tests.flows.test_callouts import call_out
from tests.flows.virtual_time import Deployment, deployed
from tests.integration.interleaving import COMMIT, just_before
from tests.world import TICKET, Person, World

NOW = "You are now the Sold To contact of “Acme Ltd”"


@dataclass
class Case:
    """An account of Olga, who is Sold To and Bill To, with three more managers."""

    world: World
    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("olga", "carl", "dora", "emil")
        self.people = {name: self.world.person(f"{name}@acme.example", expires_in=10**7) for name in names}
        olga = self.people["olga"]
        self.account = self.world.account(olga, bill_to="bill@acme.example")
        self.path = f"/v1/billing-accounts/{self.account}"
        self.ids["olga"] = self.world.id_of(olga)
        for name in names[1:]:
            self.ids[name] = self.world.add(olga, self.account, self.people[name], role="admin")
        self.world.pipeline.drain()
        self.world.ses.sent.clear()

    @property
    def in_zuora(self) -> dict[str, Any]:
        """The account, as Zuora keeps it."""
        (item,) = [it for it in self.world.items("Accounts") if it["key"]["S"] == self.account]
        return self.world.zuora.state.accounts[item["zuora_account_id"]["S"]]

    def choose(self, name: str, by: str = "olga", part: str = "sold-to") -> Any:
        return self.world.ok("PUT", f"{self.path}/contacts/{part}", self.people[by], {"manager_id": self.ids[name]})

    def code(self, name: str) -> str | None:
        """Why support may not remove somebody; None if they may (nothing is removed)."""
        path = f"/v1/support/billing-accounts/{self.account}/managers/{self.ids[name]}/remove"
        body = {"ticket_url": TICKET, "reason": "Asked for", "dry_run": True}
        return self.world.call("POST", path, self.world.support(), body).code

    def goes(self, name: str) -> set[str | None]:
        """What somebody is answered who is removed, or leaves; nothing of it is written."""
        by = next(each for each in self.people if each != name)
        tables, codes = self.world.everything(), set()
        for method, path, who in (
            ("DELETE", f"{self.path}/managers/{self.ids[name]}", by),
            ("POST", f"{self.path}/leave", name),
        ):
            codes.add(self.world.call(method, path, self.people[who]).code)
            self.world.rewind(tables)
        return codes

    def protected(self) -> set[str]:
        """Who cannot be removed or leave because of the Sold To."""
        return {name for name in self.people if self.code(name) == "is_sold_to_contact"}

    def subjects(self, name: str) -> list[str]:
        return [mail.subject for mail in self.world.mails_to(f"{name}@acme.example")]


@pytest.fixture
def case(world: World) -> Case:
    return Case(world)


def test_while_a_choice_is_pending_both_are_protected_and_nobody_is_mailed(case: Case) -> None:
    """R32, R35: leaving, removal, erasing. When Zuora has it, it is mailed and the old one is free."""
    case.world.pipeline.zuora_waits = True
    case.choose("carl")
    case.world.pipeline.drain()
    assert case.protected() == {"olga", "carl"}
    assert case.goes("olga") == case.goes("carl") == {"is_sold_to_contact"}
    erased = case.world.call(
        "POST",
        f"/v1/support/customers/{case.ids['carl']}/erase",
        case.world.support(),
        {"ticket_url": TICKET, "confirm_email": "carl@acme.example"},
    )
    assert (erased.status, erased.code) == (409, "still_contact")
    shown = {
        each["email"]: each["is_sold_to"]
        for each in case.world.ok("GET", f"{case.path}/managers", case.people["olga"])["data"]
    }
    assert (shown["olga@acme.example"], shown["carl@acme.example"]) == (True, False)
    assert case.world.ses.sent == []
    case.world.pipeline.zuora_waits = False
    case.world.pipeline.drain()
    assert case.protected() == {"carl"}
    assert (case.goes("olga"), case.goes("carl")) == ({None}, {"is_sold_to_contact"})
    assert case.subjects("carl") == [NOW]
    assert case.subjects("olga") == [], "who chose is not told what they did"
    assert case.subjects("dora") == ["The Sold To contact of “Acme Ltd” has changed"]


@pytest.mark.parametrize("part", ["sold-to", "bill-to"])
def test_a_refused_choice_restores_the_protection_and_the_chooser_is_told(case: Case, part: str) -> None:
    """R32, R57: the old one stays protected; nobody is told that they are Sold To."""
    case.in_zuora["status"] = "Canceled"
    case.choose("carl", by="dora", part=part)
    case.world.pipeline.drain()
    assert case.code("carl") is None
    assert case.protected() == {"olga"}
    name = {"sold-to": "Sold To", "bill-to": "Bill To"}[part]
    (mail,) = case.world.ses.sent
    assert (mail.to, mail.subject) == (
        "dora@acme.example",
        f"Carl Tester could not become the {name} contact of “Acme Ltd”",
    )
    assert "Cannot update a cancelled account" in mail.text
    case.in_zuora["status"] = "Active"
    case.choose("carl", by="dora", part=part)
    case.world.pipeline.drain()
    assert case.code("carl") == f"is_{part.replace('-', '_')}_contact"


def test_a_refusal_of_a_choice_that_was_repeated_is_not_mailed(case: Case) -> None:
    """R35: it is stale."""
    case.in_zuora["status"] = "Canceled"
    case.choose("carl", by="dora")
    case.world.pipeline.stream()
    case.world.pipeline.zuora()
    case.in_zuora["status"] = "Active"
    case.choose("emil", by="dora")
    case.world.pipeline.drain()
    assert case.subjects("dora") == []


def test_a_choice_that_replaces_an_unsent_one_frees_that_person(case: Case) -> None:
    """R32: A, B, C in a row, and Zuora has received nothing."""
    case.world.pipeline.zuora_waits = True
    case.choose("carl")
    case.choose("dora")
    assert case.protected() == {"olga", "dora"}
    case.choose("olga")
    assert case.protected() == {"olga"}
    case.world.pipeline.zuora_waits = False
    case.world.pipeline.drain()
    assert case.protected() == {"olga"}
    assert [mail.subject for mail in case.world.ses.sent if mail.subject == NOW] == [], "nothing has changed"


def test_a_person_who_was_refused_may_be_chosen_again(case: Case) -> None:
    """R32: the one who still has the role, after somebody else was refused."""
    case.in_zuora["status"] = "Canceled"
    case.choose("carl")
    case.world.pipeline.drain()
    case.choose("olga")
    case.world.pipeline.drain()
    assert case.protected() == {"olga"}
    seen = case.world.ok("GET", f"{case.path}/contacts", case.people["olga"])["sold_to"]
    assert (seen["work_email"], seen["sync"]["state"]) == ("olga@acme.example", "synced")


@pytest.mark.parametrize("lands", [True, False])
def test_a_choice_in_progress_stays_protected_until_its_outcome_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch, *, lands: bool
) -> None:
    """R32: A, B, C: Zuora gives no answer for B, then refuses C permanently; it is B if that took effect, else A."""
    with deployed(world, monkeypatch) as deployment:
        case = Case(world)
        _without_answer(deployment, case, "carl", monkeypatch, lands=lands)
        case.choose("dora")
        assert case.protected() == {"olga", "carl", "dora"}
        case.in_zuora["status"] = "Canceled"
        deployment.minute()
        assert case.protected() == {"carl", "dora", *(() if lands else ("olga",))}, "the request may still take effect"
        deployment.until(lambda: case.protected() == {"carl" if lands else "olga"}, most=6)


def test_an_older_choice_that_may_still_take_effect_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R32, R51: A, B, A again: Zuora shows A, and B may still arrive."""
    with deployed(world, monkeypatch) as deployment:
        case = Case(world)
        late = _without_answer(deployment, case, "carl", monkeypatch, lands=False)
        case.choose("olga")
        deployment.minute()
        assert case.protected() == {"olga", "carl"}
        late()
        deployment.until(lambda: case.protected() == {"olga"}, most=6)
        contact = world.zuora.state.contacts[case.in_zuora["soldToId"]]
        assert contact["workEmail"] == "olga@acme.example"


def _without_answer(
    deployment: Deployment, case: Case, name: str, monkeypatch: pytest.MonkeyPatch, *, lands: bool
) -> Any:
    """Somebody is chosen, and Zuora's answer to the request gets lost; what is returned has it take effect."""
    point = Zuora.set_account_contacts
    late: list[Any] = []

    def lost(client: Zuora, *ids: str, **parts: str) -> None:
        late.append(lambda: point(client, *ids, **parts))
        if lands:
            late[0]()
        raise Retryable("no answer")

    monkeypatch.setattr(Zuora, "set_account_contacts", lost)
    case.choose(name)
    deployment.until(lambda: bool(late), most=3)
    monkeypatch.setattr(Zuora, "set_account_contacts", point)
    return late[0]


def test_changes_in_zuora_while_a_choice_is_pending_are_followed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """R32, R54: the person who has the role there by now is protected; the choice stays pending."""
    with deployed(world, monkeypatch) as deployment:
        case = Case(world)
        case.choose("carl")
        deployment.minute()
        world.zuora.fail("PUT /v1/accounts", "lock")
        case.choose("dora")
        deployment.minute()
        assert case.protected() == {"carl", "dora"}
        (olga,) = [it for it in world.zuora.state.contacts.values() if it["workEmail"] == "olga@acme.example"]
        case.in_zuora["soldToId"] = olga["id"]
        call_out(world, {"account_id": case.in_zuora["id"]}, "moved")
        deployment.minute()
        assert case.protected() == {"olga", "dora"}
        world.zuora.heal()
        deployment.until(lambda: case.protected() == {"dora"}, most=6)


def test_a_role_given_to_somebody_else_in_zuora_ends_a_refused_choice(case: Case) -> None:
    """R32, R54: what is shown is who has the role, not an old refusal."""
    world = case.world
    case.in_zuora["status"] = "Canceled"
    case.choose("carl")
    world.pipeline.drain()
    (bill,) = [it for it in world.zuora.state.contacts.values() if it["workEmail"] == "bill@acme.example"]
    case.in_zuora["soldToId"] = bill["id"]
    call_out(world, {"account_id": case.in_zuora["id"]}, "moved")
    world.pipeline.drain()
    assert case.protected() == set()
    assert reading.one(contacts.assignment_key(case.account, ContactRole.SOLD_TO)) is None
    seen = world.ok("GET", f"{case.path}/contacts", case.people["olga"])["sold_to"]
    assert seen["work_email"] == "bill@acme.example"


def edit(case: Case, **changes: Any) -> Any:
    (item,) = [it for it in case.world.items("Accounts") if it["key"]["S"] == case.account]
    path = f"/v1/support/contacts/{item['sold_to_contact_id']['S']}"
    return case.world.ok("PATCH", path, case.world.support(), {"ticket_url": TICKET, **changes})


@pytest.mark.parametrize("refused", [True, False])
def test_an_address_that_support_gives_the_contact_protects_once_zuora_has_it(case: Case, *, refused: bool) -> None:
    """R32, R51: until then both; refused permanently, only the person with the address in Zuora."""
    world = case.world
    world.pipeline.zuora_waits = True
    edit(case, work_email="carl@acme.example")
    edit(case, work_email="dora@acme.example", first_name="Dora")
    assert case.protected() == {"olga", "carl", "dora"}
    if refused:
        world.zuora.state.contacts[case.in_zuora["soldToId"]]["country"] = "Atlantis"  # any edit is refused with it
        edit(case, state="nowhere")
    world.pipeline.zuora_waits = False
    world.pipeline.drain()
    assert case.protected() == ({"olga"} if refused else {"dora"})


def test_an_edited_address_that_zuora_received_before_another_edit_counts(case: Case) -> None:
    """R32, R51: the worker has written one address while another was typed; that one is pending too."""
    world = case.world
    edit(case, work_email="carl@acme.example")
    world.pipeline.stream()
    with just_before(COMMIT, lambda: edit(case, work_email="dora@acme.example"), nth=3):
        world.pipeline.zuora()
    assert case.protected() == {"carl", "dora"}
    world.pipeline.drain()
    assert case.protected() == {"dora"}


def test_preferring_zuoras_values_restores_the_protection(case: Case) -> None:
    """R32, R51: an edit made here and dropped; and one that was refused and is sent again."""
    world = case.world
    edit(case, work_email="carl@acme.example")
    contact = case.in_zuora["soldToId"]
    body = {"ticket_url": TICKET, "prefer": "zuora"}
    world.ok("POST", f"/v1/support/contacts/{contact}/sync", world.support(), body)
    world.pipeline.drain()
    assert case.protected() == {"olga"}
    world.zuora.state.contacts[contact]["country"] = "Atlantis"
    edit(case, work_email="carl@acme.example", state="nowhere")
    world.pipeline.drain()
    assert case.protected() == {"olga"}
    world.zuora.state.contacts[contact]["country"] = "Germany"
    world.pipeline.zuora_waits = True
    world.ok("POST", f"/v1/support/contacts/{contact}/sync", world.support(), {"ticket_url": TICKET})
    assert case.protected() == {"olga", "carl"}
    world.pipeline.zuora_waits = False
    world.pipeline.drain()
    assert case.protected() == {"carl"}


def test_a_person_with_a_new_address_stays_protected(case: Case) -> None:
    """R32, R52: the Sold To and the chosen one, under their new addresses, before and after Zuora has them."""
    world = case.world
    world.pipeline.zuora_waits = True
    case.choose("carl")
    for name in ("olga", "carl"):
        body = {"ticket_url": TICKET, "email": f"{name}@new.example"}
        world.ok("PATCH", f"/v1/support/customers/{case.ids[name]}", world.support(), body)
    assert case.protected() == {"olga", "carl"}
    world.pipeline.zuora_waits = False
    world.pipeline.drain()
    assert case.protected() == {"carl"}


def test_a_refused_choice_is_tried_again_with_the_persons_new_name_under_protection(case: Case) -> None:
    """R32, R52."""
    world = case.world
    case.in_zuora["status"] = "Canceled"
    case.choose("carl")
    world.pipeline.drain()
    world.pipeline.zuora_waits = True
    body = {"ticket_url": TICKET, "last_name": "Newest"}
    world.ok("PATCH", f"/v1/support/customers/{case.ids['carl']}", world.support(), body)
    assert case.protected() == {"olga", "carl"}
