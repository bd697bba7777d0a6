"""Erasing finds a person by id and by every address that they ever had here (R2, R41)."""

import json
from typing import Any

import boto3
import pytest

from tests.desk.conftest import Desk
from tests.desk.test_erasing import erase
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import violations
from tests.world import Person, World

INVITED, RECORD = "nina@invited.example", "nina@acme.example"


def another(world: World, name: str) -> tuple[Person, str]:
    """A person who manages their own account."""
    person = world.person(f"{name}@{name}.example")
    return person, world.account(person)


def nina(world: World, email: str) -> Person:
    """Nina, whose sign-in is always the same, with the address that it has this time."""
    return world.person(email, sub="idp|nina", given_name="Ninette", family_name="Newcomer")


def joined(desk: Desk, email: str, **more: Any) -> str:
    """Nina joins the account by an invitation to that address; returns her id."""
    return desk.world.join(desk.olga, desk.account, nina(desk.world, email), **more)


def words_left(world: World, *words: str) -> dict[str, list[str]]:
    """Which of the words are still stored, by table."""
    found = {name: json.dumps(items, default=str).casefold() for name, items in world.everything().items()}
    left = {name: [word for word in words if word in text] for name, text in found.items()}
    return {name: some for name, some in left.items() if some}


WORDS = ("nina@", "ninette", "newcomer", "dear")


def test_an_accepted_invitation_to_another_address_is_scrubbed(desk: Desk) -> None:
    """R41: the record's address differs from the invited one."""
    world = desk.world
    customer_id = joined(desk, RECORD)
    desk.ok("POST", f"{desk.path}/managers/{customer_id}/remove", {"reason": "For a test"})
    assert joined(desk, INVITED, message="Dear Ninette") == customer_id
    assert erase(desk, customer_id).status == 200
    world.pipeline.drain()
    seen = world.ok("GET", f"/v1/billing-accounts/{desk.account}/invitations?status=accepted", desk.olga)["data"]
    assert [(each["email"], each["message"]) for each in seen] == [(None, None)] * 2
    assert words_left(world, *WORDS) == {}


def test_everything_sent_to_any_of_their_addresses_is_erased(desk: Desk) -> None:
    """R2, R41: on any account; addresses of the record, only invited, or from support's edit."""
    world = desk.world
    customer_id = joined(desk, RECORD)
    hosts = [another(world, name) for name in ("otto", "paul", "rita")]
    for (host, account), email in zip(hosts, (RECORD, INVITED, "nina@edited.example"), strict=True):
        made = world.invite(host, account, email, message="Dear Ninette")
        if email == INVITED:
            path = f"/v1/me/invitations/{made['id']}/decline"
            world.ok("POST", path, nina(world, INVITED), {"reason": "Dear Otto, no."})
    desk.ok("PATCH", f"/v1/support/customers/{customer_id}", {"email": "nina@edited.example"})
    world.ok("POST", "/v1/me/email", nina(world, "nina@third.example"), {})
    world.pipeline.drain()
    erased = erase(desk, customer_id, "nina@third.example")
    assert (erased.status, erased.json["scrubbed_invitations"]) == (200, 4)
    world.pipeline.drain()
    assert words_left(world, *WORDS) == {}
    assert violations(world) == []
    for host, account in hosts:
        pending = world.ok("GET", f"/v1/billing-accounts/{account}", host)["limits"]["pending_invitations"]["used"]
        assert pending == 0


def test_older_customers_without_recorded_addresses_are_found_by_what_they_accepted(desk: Desk) -> None:
    """R41: data of earlier versions; the address of an accepted invitation leads to others sent to it."""
    world = desk.world
    customer_id = joined(desk, RECORD)
    desk.ok("POST", f"{desk.path}/managers/{customer_id}/remove", {"reason": "For a test"})
    joined(desk, INVITED)
    host, account = another(world, "otto")
    world.invite(host, account, INVITED, message="Dear Ninette")
    world.set_customer(customer_id, other_addresses=None)
    assert erase(desk, customer_id).status == 200
    world.pipeline.drain()
    assert words_left(world, *WORDS) == {}


def test_an_address_that_now_belongs_to_somebody_else_stays_theirs(desk: Desk) -> None:
    """R1: what was sent to it is not taken for the person's, except what they accepted themselves."""
    world = desk.world
    customer_id = joined(desk, RECORD)
    desk.ok("PATCH", f"/v1/support/customers/{customer_id}", {"email": "nina@moved.example"})
    body = {"email": RECORD, "first_name": "Bea", "last_name": "Next"}
    bea = desk.ok("POST", "/v1/support/customers", body)["id"]
    host, account = another(world, "otto")
    made = world.invite(host, account, RECORD, message="To Bea")
    assert erase(desk, customer_id, "nina@moved.example").status == 200
    world.pipeline.drain()
    seen = world.ok("GET", f"/v1/billing-accounts/{account}/invitations/{made['id']}", host)
    assert (seen["email"], seen["message"], seen["status"]) == (RECORD, "To Bea", "pending")
    assert desk.ok("GET", f"/v1/support/customers/{bea}")["email"] == RECORD
    (accepted,) = world.ok("GET", f"/v1/billing-accounts/{desk.account}/invitations?status=accepted", desk.olga)["data"]
    assert accepted["email"] is None


def test_a_contact_under_a_former_address_is_not_erased(desk: Desk) -> None:
    """R32: the address was changed here, and Zuora kept the old one."""
    world = desk.world
    desk.grant("carl@acme.example", role="admin")
    olga = world.moved(desk.olga, "olga@new.example")
    world.ok("POST", "/v1/me/email", olga, {})
    world.pipeline.drain()
    account = boto3.resource("dynamodb").Table("Accounts")
    account.update_item(  # as a callout of Zuora brings it back
        Key={"key": desk.account},
        UpdateExpression="SET sold_to_address = :old, bill_to_address = :old",
        ExpressionAttributeValues={":old": "olga@acme.example"},
    )
    with world.unchanged():
        refused = erase(desk, desk.olga_id, "olga@new.example")
    assert (refused.status, refused.code) == (409, "still_contact")


def test_an_address_that_becomes_known_during_erasing_is_searched_too(desk: Desk) -> None:
    """R41, in a race: the person declines something by another address just before the last transaction."""
    world = desk.world
    customer_id = joined(desk, RECORD)
    host, account = another(world, "otto")
    made = world.invite(host, account, INVITED, message="Dear Ninette")
    before = world.everything()
    with world.calls_to_dynamodb() as calls:
        assert erase(desk, customer_id).status == 200
    world.rewind(before)

    def rival() -> None:
        world.ok("POST", f"/v1/me/invitations/{made['id']}/decline", nina(world, INVITED), {"reason": "Dear Otto"})

    with just_before(COMMIT, rival, nth=calls.count(COMMIT)):
        erased = erase(desk, customer_id)
    assert erased.status == 200, erased.text
    world.pipeline.drain()
    assert words_left(world, *WORDS) == {}


def test_an_expired_farewell_note_is_not_written_again(desk: Desk) -> None:
    """R41: DynamoDB deletes it after 30 days, with the former address that the mail went to."""
    world = desk.world
    named = {"email": RECORD, "first_name": "Ninette", "last_name": "Newcomer"}
    customer_id = desk.ok("POST", "/v1/support/customers", named)["id"]
    desk.ok("PATCH", f"/v1/support/customers/{customer_id}", {"email": "nina@moved.example"})
    (note,) = _notes(world)
    boto3.resource("dynamodb").Table("Deliveries").delete_item(Key={"delivery_id": note})
    assert erase(desk, customer_id, "nina@moved.example").status == 200
    assert _notes(world) == []


def _notes(world: World) -> list[str]:
    found = [item["delivery_id"]["S"] for item in world.items("Deliveries")]
    return [each for each in found if each.endswith("#recipient")]


@pytest.mark.parametrize("nth", range(1, 4))
def test_a_change_of_address_during_erasing_is_erased_too(desk: Desk, nth: int) -> None:
    """R41, in a race: the person's address changes while they are erased; the new one has to be confirmed then."""
    world = desk.world
    customer_id = joined(desk, RECORD, message="Dear Ninette")

    def rival() -> None:
        world.call("POST", "/v1/me/email", nina(world, INVITED), {})

    with just_before(COMMIT, rival, nth=nth):
        erased = erase(desk, customer_id)
    if erased.status != 200:
        assert erased.code == "validation_failed"  # the address that was typed is not theirs any more
        assert erase(desk, customer_id, INVITED).status == 200
    world.pipeline.drain()
    assert words_left(world, *WORDS) == {}
    assert violations(world) == []
