"""A person changes their record to the verified address of their sign-in (R2, R41)."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.api.team import Team, new_team, somebody
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import violations
from tests.table_dump import plain_items
from tests.world import TICKET, Person, World, fresh_world

NEW = "olga@new.example"
EMAIL = "/v1/me/email"


@pytest.fixture
def olga(world: World, team: Team) -> Person:
    """Olga, admin and both contacts of the account, whose sign-in now has a new verified address."""
    world.id_of(team.olga)
    return world.moved(team.olga, NEW)


def take_over(world: World, who: Person, **how: bool) -> Response:
    return world.call("POST", EMAIL, who, how)


def sold_to(world: World, team: Team) -> Any:
    return world.ok("GET", f"{team.path}/contacts", team.olga)["sold_to"]


def in_zuora(world: World, team: Team) -> str:
    return str(world.zuora.do("GET", f"/v1/contacts/{sold_to(world, team)['id']}")["workEmail"])


def test_both_addresses_are_shown_and_that_changes_nothing(world: World, team: Team, olga: Person) -> None:
    """R2, R14: the record has the old one, the sign-in vouches for the new one."""
    with world.unchanged():
        me = world.ok("GET", "/v1/me", olga)
        unverified = world.ok("GET", "/v1/me", world.moved(team.olga, NEW, email_verified=False))
    assert (me["email"], me["email_verified"], me["sign_in_email"]) == ("olga@acme.example", False, NEW)
    assert (unverified["email"], unverified["email_verified"], unverified["sign_in_email"]) == (
        me["email"],
        False,
        None,
    )
    as_ever = world.ok("GET", "/v1/me", team.olga)
    assert (as_ever["email_verified"], as_ever["sign_in_email"]) == (True, "olga@acme.example")
    stranger = world.ok("GET", "/v1/me", somebody(world, "eve"))
    assert (stranger["id"], stranger["email_verified"], stranger["sign_in_email"]) == (None, True, stranger["email"])


def test_the_record_gets_the_new_address_and_zuora_stays_as_it_is(world: World, team: Team, olga: Person) -> None:
    """R41, R50, R40, R35: the answer names the contact that has the old one; both addresses are mailed; an event."""
    contact = sold_to(world, team)
    with world.unchanged():
        asked = take_over(world, olga, dry_run=True)
    done = take_over(world, olga)
    carrying = {"contact_id": contact["id"], "account_id": team.account, "roles": ["sold_to", "bill_to"]}
    said = {"email": NEW, "previous_email": "olga@acme.example", "contacts": [{**carrying, "follows": False}]}
    assert (asked.status, asked.json) == (200, {**said, "dry_run": True})
    assert (done.status, done.json) == (200, {**said, "dry_run": False})
    me = world.ok("GET", "/v1/me", olga)
    assert (me["email"], me["email_verified"], me["sign_in_email"]) == (NEW, True, NEW)
    world.pipeline.drain()
    assert sold_to(world, team)["work_email"] == in_zuora(world, team) == "olga@acme.example"
    assert [len(world.mails_to(each)) for each in ("olga@acme.example", NEW)] == [1, 1]
    path = f"/v1/support/customers/{me['id']}/history?type=email_changed"
    (event,) = world.ok("GET", path, world.support())["data"]
    assert event["actor"] == f"customer:{me['id']}"
    assert (event["data"]["address_before"], event["data"]["address_after"]) == ("olga@acme.example", NEW)
    assert "ticket_url" not in event["data"]
    assert violations(world) == []


def test_contacts_follow_when_requested(world: World, team: Team, olga: Person) -> None:
    """R41, R51: through the contact queue, as with an edit by support."""
    done = take_over(world, olga, update_contacts=True).json
    assert [each["follows"] for each in done["contacts"]] == [True]
    assert sold_to(world, team)["sync"]["state"] == "pending"
    world.pipeline.drain()
    assert (sold_to(world, team)["work_email"], in_zuora(world, team)) == (NEW, NEW)
    assert sold_to(world, team)["sync"]["state"] == "synced"
    assert violations(world) == []


@pytest.mark.parametrize("update_contacts", [True, False])
def test_a_contact_stays_protected(world: World, team: Team, olga: Person, *, update_contacts: bool) -> None:
    """R32: under the new address as under the old one, also after Zuora has reported its state."""
    world.ok("PATCH", f"{team.path}/managers/{world.id_of(team.carl)}", team.olga, {"role": "admin"})
    take_over(world, olga, update_contacts=update_contacts)
    for _ in range(2):
        with world.unchanged():
            assert world.call("POST", f"{team.path}/leave", olga).code == "is_sold_to_contact"
            path = f"{team.path}/managers/{world.id_of(olga)}"
            assert world.call("DELETE", path, team.carl).code == "is_sold_to_contact"
        shown = {each["id"]: each["is_sold_to"] for each in world.ok("GET", f"{team.path}/managers", olga)["data"]}
        assert shown[world.id_of(olga)] is True
        world.pipeline.drain()
        body = {"prefer": "zuora", "ticket_url": TICKET}
        world.ok("POST", f"/v1/support/contacts/{sold_to(world, team)['id']}/sync", world.support(), body)
        world.pipeline.drain()


def test_changing_to_the_present_address_changes_nothing(world: World, team: Team, olga: Person) -> None:
    """R41: a second click gets the same answer."""
    assert take_over(world, olga).status == 200
    with world.unchanged():
        for who in (olga, world.moved(team.olga, NEW.upper())):
            again = take_over(world, who, update_contacts=True)
            assert (again.status, again.code) == (409, "email_unchanged")


def test_only_a_verified_address_can_be_chosen(world: World, team: Team) -> None:
    """R2, R41, S2: and only by a person with a record whose login is on."""
    with world.unchanged():
        refused = take_over(world, world.moved(team.olga, NEW, email_verified=False))
        assert (refused.status, refused.code) == (403, "email_not_verified")
        nobody = take_over(world, somebody(world, "eve"))
        assert (nobody.status, nobody.code) == (404, "customer_not_found")
    world.set_customer(world.id_of(team.carl), login_activated=False)
    with world.unchanged():
        assert take_over(world, world.moved(team.carl, NEW)).code == "login_deactivated"


def test_an_address_that_another_customer_has_is_refused(world: World, team: Team, olga: Person) -> None:
    """R1, R64: whether or not that customer is bound; the answer does not say whose it is."""
    body = {"email": NEW, "first_name": "O", "last_name": "Other", "ticket_url": TICKET}
    other = world.ok("POST", "/v1/support/customers", world.support(), body)
    with world.unchanged():
        for how in ({}, {"dry_run": True}):
            refused = take_over(world, olga, **how)
            assert (refused.status, refused.code) == (409, "email_taken")
            assert other["id"] not in refused.text
            assert "customer_id" not in refused.json


def test_two_sign_ins_choose_one_address_at_once(world: World, team: Team, olga: Person) -> None:
    """R1, in a race: one gets it, the other is told that it is taken, and keeps the old one."""
    world.id_of(team.carl)
    carl = world.moved(team.carl, NEW)
    with just_before(COMMIT, lambda: world.ok("POST", EMAIL, carl, {})):
        refused = take_over(world, olga)
    assert (refused.status, refused.code) == (409, "email_taken")
    assert "customer_id" not in refused.json
    assert [world.ok("GET", "/v1/me", who)["email"] for who in (carl, olga)] == [NEW, "olga@acme.example"]
    assert violations(world) == []


def test_the_same_click_twice_at_once(world: World, team: Team, olga: Person) -> None:
    """R41, in a race: one event, one pair of mails."""
    with just_before(COMMIT, lambda: world.ok("POST", EMAIL, olga, {})):
        assert take_over(world, olga).code == "email_unchanged"
    world.pipeline.drain()
    assert [len(world.mails_to(each)) for each in ("olga@acme.example", NEW)] == [1, 1]


def test_an_edit_by_support_at_the_same_moment_is_kept(world: World, team: Team, olga: Person) -> None:
    """R41, R64, in a race: the change starts from the address that support has just set."""
    change = {"last_name": "Desk", "ticket_url": TICKET}
    path = f"/v1/support/customers/{world.id_of(olga)}"
    with just_before(COMMIT, lambda: world.ok("PATCH", path, world.support(), change)):
        assert take_over(world, olga).status == 200
    me = world.ok("GET", "/v1/me", olga)
    assert (me["email"], me["last_name"]) == (NEW, "Desk")
    assert violations(world) == []


def test_the_old_address_is_free_and_the_new_one_is_used_on_every_account(world: World, team: Team) -> None:
    """R1, R12: inviting the new one meets a manager; the old one may be anybody's."""
    world.id_of(team.carl)
    carl = world.moved(team.carl, "carl@new.example")
    assert take_over(world, carl).status == 200
    path = f"{team.path}/invitations"
    assert world.call("POST", path, team.olga, {"email": "carl@new.example"}).code == "already_manager"
    assert world.call("POST", path, team.olga, {"email": "carl@acme.example"}).status == 201
    assert {each["email"] for each in world.ok("GET", f"{team.path}/managers", team.olga)["data"]} == {
        "olga@acme.example", "carl@new.example", "vera@acme.example",
    }  # fmt: skip
    world.pipeline.drain()
    for query, found in (("carl@new", [world.id_of(carl)]), ("carl@acme", [])):
        rows = world.ok("GET", f"/v1/support/customers?email={query}", world.support())["data"]
        assert [each["id"] for each in rows] == found
    assert violations(world) == []


def test_an_invitation_to_the_new_address_ends_on_ones_own_account_only(world: World, team: Team) -> None:
    """R2, R11: on an account of theirs nobody needs it any more; another account's can still be accepted."""
    world.id_of(team.carl)
    here = world.invite(team.olga, team.account, "carl@new.example")["id"]
    otto = somebody(world, "otto")
    elsewhere = world.account(otto)
    waiting = world.invite(otto, elsewhere, "carl@new.example")["id"]
    carl = world.moved(team.carl, "carl@new.example")
    assert take_over(world, carl).status == 200
    assert world.ok("GET", f"{team.path}/invitations/{here}", team.olga)["status"] == "revoked"
    assert [each["id"] for each in world.ok("GET", "/v1/me/invitations", carl)["data"]] == [waiting]
    world.set_customer(world.id_of(carl), membership_count=0)  # one account a person, by default
    joined = world.call("POST", f"/v1/me/invitations/{waiting}/accept", carl)
    assert joined.status == 201, joined.text


def test_a_choice_that_zuora_does_not_have_yet_uses_the_new_address(world: World, team: Team) -> None:
    """R32, R41, R55: nothing in Zuora has the old one, so nothing has to be requested."""
    carl_id = world.id_of(team.carl)
    world.ok("PUT", f"{team.path}/contacts/bill-to", team.olga, {"manager_id": carl_id})
    carl = world.moved(team.carl, "carl@new.example")
    assert take_over(world, carl).json["contacts"] == []
    world.pipeline.drain()
    bill_to = world.ok("GET", f"{team.path}/contacts", team.olga)["bill_to"]
    assert bill_to["work_email"] == "carl@new.example"
    assert world.call("POST", f"{team.path}/leave", carl).code == "is_bill_to_contact"


@pytest.fixture
def many(issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A deployment in which a person may have any number of accounts."""
    with fresh_world(issuer, zuora_server, monkeypatch, MEMBERSHIPS_PER_CUSTOMER="unlimited") as world:
        yield world


def test_it_changes_on_all_of_ones_accounts_or_on_none(many: World) -> None:
    """R41, I2: in one transaction; more accounts than fit are refused before anything is written."""
    team = new_team(many)
    many.id_of(team.olga)
    for _ in range(3):
        many.account(team.olga)
    olga = many.moved(team.olga, NEW)
    assert len(take_over(many, olga, update_contacts=True, dry_run=True).json["contacts"]) == 4
    assert take_over(many, olga, update_contacts=True).status == 200
    assert violations(many) == []
    held = [
        it["invitation_id"] for it in plain_items(many, "Invitations") if it["invitation_id"].startswith("address#olga")
    ]
    assert held == [f"address#{NEW}"] * 4
    for _ in range(20):
        many.account(olga)
    with many.unchanged():
        refused = take_over(many, many.moved(team.olga, "olga@third.example"), update_contacts=True)
    assert (refused.status, refused.code) == (409, "too_many_accounts")


def test_former_addresses_are_known_for_erasing_and_no_others(world: World, team: Team) -> None:
    """R41: those of the record, and those that an invitation was accepted or declined by."""
    kim = world.person("kim@acme.example", sub="dev|kim")
    kim_id = world.add(team.olga, team.account, kim)
    for email, answer in (("kim@second.example", "decline"), ("kim@third.example", "decline")):
        otto = somebody(world, "otto" + email[4])
        made = world.invite(otto, world.account(otto), email)["id"]
        who = world.person(email, sub="dev|kim")
        world.ok("POST", f"/v1/me/invitations/{made}/{answer}", who, {})
    assert take_over(world, world.person("kim@third.example", sub="dev|kim")).status == 200
    item = boto3.resource("dynamodb").Table("Customers").get_item(Key={"key": kim_id})["Item"]
    assert item["other_addresses"] == {"kim@acme.example", "kim@second.example", "kim@third.example"}
