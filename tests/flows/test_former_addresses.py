"""Sold To and Bill To under a former address: the protection knows a person by all their addresses (R32, R41)."""

from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.domain.contacts import ContactRole
from tests.api.team import Team, new_team
from tests.flows.test_callouts import call_out
from tests.flows.test_reconciliation import walk
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import violations
from tests.world import TICKET, Person, World

OLD, NEW = "olga@acme.example", "olga@new.example"
IN_ZUORA = {ContactRole.SOLD_TO: "soldToId", ContactRole.BILL_TO: "billToId"}


@dataclass
class Case:
    """Olga, who has both roles in Zuora under her old address, and has changed only her own record to a new one."""

    world: World
    team: Team
    olga: Person

    def __post_init__(self) -> None:
        for name in (self.team.carl, self.team.vera):
            self.world.ok("PATCH", self.manager(name), self.team.olga, {"role": "admin"})
        (self.zuora,) = self.world.zuora.state.accounts.values()
        self.contact = str(self.zuora["soldToId"])
        person = {"accountId": self.zuora["id"], "firstName": "Nina", "lastName": "New", "workEmail": "n@acme.example"}
        self.nina = str(self.world.zuora.do("POST", "/v1/contacts", person)["id"])
        self.world.ok("POST", "/v1/me/email", self.olga, {})
        self.settle()

    def manager(self, who: Person) -> str:
        return f"{self.team.path}/managers/{self.world.id_of(who)}"

    def settle(self) -> None:
        self.world.pipeline.drain()

    def point(self, contact_id: str, *parts: ContactRole) -> None:
        """Zuora is changed, and sends a callout."""
        for part in parts:
            self.zuora[IN_ZUORA[part]] = contact_id
        assert call_out(self.world, {"account_id": self.zuora["id"]}, notification=None).status == 200
        self.settle()

    def goes(self) -> set[str | None]:
        """What Olga is answered when removed, by a manager or support, or when leaving; nothing of it is written."""
        remove = f"/v1/support/billing-accounts/{self.team.account}/managers/{self.world.id_of(self.olga)}/remove"
        reason = {"ticket_url": TICKET, "reason": "Asked for"}
        tables, codes = self.world.everything(), set()
        for method, path, who, body in (
            ("DELETE", self.manager(self.olga), self.team.carl, None),
            ("POST", f"{self.team.path}/leave", self.olga, None),
            ("POST", remove, self.world.support(), reason),
        ):
            codes.add(self.world.call(method, path, who, body).code)
            self.world.rewind(tables)
        return codes

    def shown(self) -> list[tuple[Any, Any]]:
        """What a manager, support, and support at the person see of Olga's roles."""
        at_support = f"/v1/support/billing-accounts/{self.team.account}/managers"
        own = self.world.id_of(self.olga)
        rows = [*self.world.ok("GET", f"{self.team.path}/managers", self.team.carl)["data"]]
        rows += self.world.ok("GET", at_support, self.world.support())["data"]
        found = [each for each in rows if each["id"] == own]
        found += self.world.ok("GET", f"/v1/support/customers/{own}", self.world.support())["billing_accounts"]
        return [(each["is_sold_to"], each["is_bill_to"]) for each in found]


@pytest.fixture
def case(world: World) -> Case:
    team = new_team(world)
    world.id_of(team.olga)
    return Case(world, team, world.moved(team.olga, NEW))


@pytest.mark.parametrize(
    ("part", "code"), [(ContactRole.SOLD_TO, "is_sold_to_contact"), (ContactRole.BILL_TO, "is_bill_to_contact")]
)
def test_a_person_who_gets_a_role_back_in_zuora_under_an_old_address_is_protected(
    case: Case, part: ContactRole, code: str
) -> None:
    """R32, R54: by callout; shown to managers and support; free when somebody else has it."""
    case.point(case.nina, *ContactRole)
    assert case.goes() == {None}
    assert case.shown() == [(False, False)] * 3
    case.point(case.contact, part)
    assert case.goes() == {code}
    assert case.shown() == [(part is ContactRole.SOLD_TO, part is ContactRole.BILL_TO)] * 3
    assert violations(case.world) == []


def test_a_role_that_zuora_gives_back_protects_again(case: Case) -> None:
    """R32, R55: once Zuora has the choice, Olga is free; not after Zuora gives the role back to her old contact."""
    case.world.ok(
        "PUT", f"{case.team.path}/contacts/bill-to", case.team.carl, {"manager_id": case.world.id_of(case.team.carl)}
    )
    case.world.ok(
        "PUT", f"{case.team.path}/contacts/sold-to", case.team.carl, {"manager_id": case.world.id_of(case.team.carl)}
    )
    assert case.goes() == {"is_sold_to_contact"}, "while the choice waits"
    case.settle()
    assert case.goes() == {None}
    case.point(case.contact, *ContactRole)
    assert case.goes() == {"is_sold_to_contact"}


def test_a_refused_choice_restores_the_protection_under_the_old_address(case: Case) -> None:
    """R32, R57: the worker records, with the refusal, who has the role in Zuora."""
    case.point(case.nina, *ContactRole)
    case.zuora.update({IN_ZUORA[part]: case.contact for part in ContactRole}, status="Canceled")
    case.world.ok(
        "PUT", f"{case.team.path}/contacts/sold-to", case.team.olga, {"manager_id": case.world.id_of(case.team.vera)}
    )
    case.settle()
    assert case.goes() == {"is_sold_to_contact"}


def test_the_nightly_round_changes_nothing_of_who_is_protected(case: Case) -> None:
    """R54, R32: it reports drift; the protection is the same before and after."""
    walk()
    case.settle()
    assert case.goes() == {"is_sold_to_contact"}


def test_an_edit_that_restores_the_old_address_protects(case: Case) -> None:
    """R51, R32: support writes it into another person's contact; while it is pending, and when Zuora has it."""
    case.point(case.nina, *ContactRole)
    body = {"work_email": OLD, "ticket_url": TICKET}
    case.world.ok("PATCH", f"/v1/support/contacts/{case.nina}", case.world.support(), body)
    assert case.goes() == {"is_sold_to_contact"}
    case.settle()
    assert case.goes() == {"is_sold_to_contact"}


def test_a_callout_just_before_the_removal_stops_it(case: Case) -> None:
    """R32, I4: the roles of a person with several addresses are as they were read, or are reread."""
    case.point(case.nina, *ContactRole)
    with just_before(COMMIT, lambda: case.point(case.contact, ContactRole.BILL_TO)):
        refused = case.world.call("DELETE", case.manager(case.olga), case.team.carl)
    assert (refused.status, refused.code) == (409, "is_bill_to_contact")
    case.point(case.nina, *ContactRole)
    with just_before(COMMIT, lambda: case.point(case.contact, ContactRole.SOLD_TO)):
        refused = case.world.call("POST", f"{case.team.path}/leave", case.olga)
    assert (refused.status, refused.code) == (409, "is_sold_to_contact")


def test_choosing_the_person_just_before_the_removal_stops_it(case: Case) -> None:
    """R32: they are to get the role under their present address, whatever others they had."""
    case.point(case.nina, *ContactRole)
    body = {"manager_id": case.world.id_of(case.olga)}
    path = f"{case.team.path}/contacts/bill-to"
    with just_before(COMMIT, lambda: case.world.ok("PUT", path, case.team.vera, body)):
        refused = case.world.call("DELETE", case.manager(case.olga), case.team.carl)
    assert (refused.status, refused.code) == (409, "is_bill_to_contact")


def test_another_choice_just_before_the_removal_does_not_stop_it(case: Case) -> None:
    """R32: the change concerned somebody else."""
    case.point(case.nina, *ContactRole)
    body = {"manager_id": case.world.id_of(case.team.vera)}
    path = f"{case.team.path}/contacts/sold-to"
    with just_before(COMMIT, lambda: case.world.ok("PUT", path, case.team.vera, body)):
        assert case.world.call("DELETE", case.manager(case.olga), case.team.carl).status == 204


def test_an_address_that_now_belongs_to_another_person_protects_only_them(case: Case) -> None:
    """R1, R32: the present owner of the mailbox is the contact; the former one is not, and can be erased."""
    case.point(case.nina, *ContactRole)
    heir = case.world.person(OLD, sub="another-olga", expires_in=10**6)
    heirs = case.world.add(case.team.carl, case.team.account, heir)
    case.point(case.contact, *ContactRole)
    assert case.goes() == {None}
    assert case.shown() == [(False, False)] * 3
    path = f"{case.team.path}/managers/{heirs}"
    assert case.world.call("DELETE", path, case.team.carl).code == "is_sold_to_contact"
