"""Erasing one person: nothing personal is left here, and the history stays consistent."""

import json
from typing import Any

import boto3
import pytest

from tests.desk.conftest import Desk
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.table_dump import plain_items
from tests.world import TICKET


def erase(desk: Desk, customer_id: str, email: str = "nina@acme.example", **more: Any) -> Response:
    return desk.ask("POST", f"/v1/support/customers/{customer_id}/erase", {"confirm_email": email, **more})


def nina(desk: Desk) -> str:
    """Nina, who manages the account, has invited Ivan, is invited to another account, and is a contact of that one."""
    world = desk.world
    person = world.person("nina@acme.example", given_name="Ninette", family_name="Newcomer")
    customer_id = world.join(desk.olga, desk.account, person)
    world.invite(person, desk.account, "ivan@acme.example")
    otto = world.person("otto@other.example")
    other = world.account(otto)
    world.invite(otto, other, "nina@acme.example", message="Dear Ninette")
    world.pipeline.drain()
    return customer_id


def a_contact(desk: Desk) -> str:
    """A contact of the account, in Zuora and here, with Nina's address and no role."""
    world = desk.world
    account = desk.ok("GET", desk.path)
    body = {"accountId": account["zuora_account_id"], "firstName": "Ninette", "lastName": "Newcomer",
            "workEmail": "nina@acme.example"}  # fmt: skip
    contact_id = str(world.zuora.do("POST", "/v1/contacts", body)["id"])
    sold_to = next(
        it for it in plain_items(world, "Contacts") if it["contact_id"] == account["contacts"]["sold_to"]["id"]
    )
    copy = {**sold_to, "contact_id": contact_id, "first_name": "Ninette", "last_name": "Newcomer",
            "work_email": "nina@acme.example"}  # fmt: skip
    boto3.resource("dynamodb").Table("Contacts").put_item(Item=copy)
    return contact_id


def test_nothing_personal_is_left_in_any_table(desk: Desk) -> None:
    """Customer, memberships, invitations to and by the person, contacts, search; ids and pseudonyms stay."""
    world, customer_id = desk.world, nina(desk)
    contact_id = a_contact(desk)
    erased = erase(desk, customer_id)
    assert erased.status == 200, erased.text
    assert erased.json["ended_memberships"] == 1
    assert (erased.json["removed_contacts"], erased.json["left_in_zuora"]) == ([contact_id], [contact_id])
    world.pipeline.drain()
    kept = {table: items for table, items in world.everything().items() if table != "Deliveries"}
    everything = json.dumps(kept, default=str).casefold()
    assert [word for word in ("nina@", "ninette", "newcomer") if word in everything] == []
    assert world.zuora.do("GET", f"/v1/contacts/{contact_id}")["workEmail"] == "nina@acme.example"
    history = desk.ok("GET", f"/v1/support/customers/{customer_id}/history")["data"]
    assert history[0]["type"] == "customer_erased"
    assert "manager_removed" in [event["type"] for event in history]
    seen = desk.ok("GET", f"/v1/support/customers/{customer_id}")
    assert seen["email"].endswith("@erased.invalid")
    assert (seen["first_name"], seen["login_activated"], seen["billing_accounts"]) == ("", False, [])
    for query in ("email=nina", "name=ninette", ""):
        assert customer_id not in [it["id"] for it in desk.ok("GET", f"/v1/support/customers?{query}")["data"]]


def test_zuora_is_scrubbed_only_when_that_was_confirmed_too(desk: Desk) -> None:
    """The address typed once more; another one is refused before anything happens."""
    customer_id = nina(desk)
    contact_id = a_contact(desk)
    with desk.world.unchanged():
        assert erase(desk, customer_id, scrub_in_zuora="olga@acme.example").code == "validation_failed"
    done = erase(desk, customer_id, scrub_in_zuora=" Nina@acme.example ")
    assert (done.status, done.json["left_in_zuora"]) == (200, [])
    assert desk.world.zuora.do("GET", f"/v1/contacts/{contact_id}")["firstName"] == "Record Scrubbed"


def test_an_erasure_during_an_outage_of_zuora_can_be_completed(desk: Desk) -> None:
    """R57: repeated, it resumes where it stopped; the customer record goes last."""
    customer_id = nina(desk)
    a_contact(desk)
    desk.world.zuora.fail("PUT /v1/contacts", "http_503")
    assert erase(desk, customer_id, scrub_in_zuora="nina@acme.example").code == "zuora_unavailable"
    assert desk.ok("GET", f"/v1/support/customers/{customer_id}")["email"] == "nina@acme.example"
    desk.world.zuora.heal()
    assert erase(desk, customer_id, scrub_in_zuora="nina@acme.example").json["left_in_zuora"] == []


def test_a_person_who_is_needed_is_not_erased(desk: Desk) -> None:
    """R31, R32: the last manager, and a Sold To or Bill To; nothing is written."""
    with desk.world.unchanged():
        assert erase(desk, desk.olga_id, "olga@acme.example").code == "last_manager"
    desk.grant("nina@acme.example", role="admin")
    with desk.world.unchanged():
        refused = erase(desk, desk.olga_id, "olga@acme.example")
    assert (refused.status, refused.code, refused.json["account_id"]) == (409, "still_contact", desk.account)


def cancel(desk: Desk) -> Any:
    """Zuora has cancelled the account; returns it."""
    theirs = desk.world.zuora.state.accounts[desk.ok("GET", desk.path)["zuora_account_id"]]
    theirs["status"] = "Canceled"
    return theirs


def test_the_sold_to_of_a_cancelled_account_is_erased_as_the_refusals_suggest(desk: Desk) -> None:
    """R32, R55: nobody else can be chosen there; support removes the last manager, and Zuora scrubs the contact."""
    theirs = cancel(desk)
    refused = erase(desk, desk.olga_id, "olga@acme.example")
    assert refused.code == "last_manager"
    removal = {"reason": "Wants to be forgotten", "allow_last": True, "override_contact": True}
    assert desk.ask("POST", f"{desk.path}/managers/{desk.olga_id}/remove", removal).status == 204
    with desk.world.unchanged():
        refused = erase(desk, desk.olga_id, "olga@acme.example")
    assert (refused.code, "`scrub_in_zuora`" in refused.json["detail"]) == ("still_contact", True)
    done = erase(desk, desk.olga_id, "olga@acme.example", scrub_in_zuora="olga@acme.example")
    assert (done.status, done.json["left_in_zuora"]) == (200, []), done.text
    assert desk.world.zuora.state.contacts[theirs["soldToId"]]["firstName"] == "Record Scrubbed"
    assert "olga@acme.example" not in json.dumps(
        [plain_items(desk.world, table) for table in ("Accounts", "Contacts")], default=str
    )


def test_a_manager_of_a_cancelled_account_who_is_its_sold_to_is_erased_at_once(desk: Desk) -> None:
    """R32: with the membership; others stay protected."""
    desk.grant("nina@acme.example", role="admin")
    cancel(desk)
    done = erase(desk, desk.olga_id, "olga@acme.example", scrub_in_zuora="olga@acme.example")
    assert (done.status, done.json["ended_memberships"]) == (200, 1), done.text


def test_the_contact_of_an_account_that_is_closed_only_here_is_not_scrubbed(desk: Desk) -> None:
    """R32: it can be opened again, and another one chosen; an outage of Zuora is no permission."""
    desk.grant("nina@acme.example", role="admin")
    desk.ok("PATCH", desk.path, {"status": "closed"})
    asked = {"scrub_in_zuora": "olga@acme.example"}
    with desk.world.unchanged():
        refused = erase(desk, desk.olga_id, "olga@acme.example", **asked)
        assert (refused.code, "scrub" in refused.json["detail"]) == ("still_contact", False)
        desk.world.zuora.fail("*", "http_503")
        assert erase(desk, desk.olga_id, "olga@acme.example", **asked).code == "zuora_unavailable"
        desk.world.zuora.heal()


def test_a_wrong_confirmation_or_person_is_refused(desk: Desk) -> None:
    """R60: the typed address must be theirs; nobody erases themselves; managers and read-only agents may not."""
    customer_id = nina(desk)
    path = f"/v1/support/customers/{customer_id}/erase"
    sue = desk.ok("POST", "/v1/support/customers", {"email": "sue@x.example", "first_name": "S", "last_name": "U"})
    with desk.world.unchanged():
        assert erase(desk, customer_id, "olga@acme.example").code == "validation_failed"
        assert desk.ask("POST", path).code == "validation_failed"
        assert erase(desk, "cus_unknown").code == "customer_not_found"
        body = {"confirm_email": "nina@acme.example", "ticket_url": TICKET}
        assert desk.world.call("POST", path, desk.rob, body).status == 403
        assert desk.world.call("POST", path, desk.olga, body).status == 403
    assert erase(desk, sue["id"], "sue@x.example").status == 200
    assert erase(desk, sue["id"], "sue@x.example").code == "customer_not_found"


def test_an_erased_address_can_be_used_again(desk: Desk) -> None:
    """R1: the next sign-in with it makes a new record."""
    customer_id = nina(desk)
    assert erase(desk, customer_id).status == 200
    again = desk.world.person("nina@acme.example", sub="another-sign-in")
    desk.world.join(desk.olga, desk.account, again)
    assert desk.world.id_of(again) != customer_id


def test_the_sign_in_of_an_erased_person_is_free(desk: Desk) -> None:
    """R2: the same sign-in is unknown here, and may become a new customer."""
    world, customer_id = desk.world, nina(desk)
    person = world.person("nina@acme.example", given_name="Ninette", family_name="Newcomer")
    assert world.id_of(person) == customer_id
    assert erase(desk, customer_id).status == 200
    seen = world.ok("GET", "/v1/me", person)
    assert (seen["id"], seen["counts"]) == (None, {"billing_accounts": 0, "pending_invitations": 0})
    assert world.call("GET", f"/v1/billing-accounts/{desk.account}", person).code == "account_not_found"
    assert world.join(desk.olga, desk.account, person) != customer_id


def test_a_person_who_joins_while_being_erased_is_removed_again(desk: Desk) -> None:
    """R1, I2, in a race: a membership added just before the last transaction."""
    world, customer_id = desk.world, nina(desk)
    other = world.account(world.person("otto@elsewhere.example"))
    path = f"/v1/support/billing-accounts/{other}/managers"
    proof = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}
    before = world.everything()
    with world.calls_to_dynamodb() as calls:
        assert erase(desk, customer_id).status == 200
    last = calls.count(COMMIT)
    world.rewind(before)
    with just_before(
        COMMIT, lambda: desk.ok("POST", path, {"customer_id": customer_id, "verification": proof}), nth=last
    ):
        erased = erase(desk, customer_id)
    assert erased.status == 200, erased.text
    assert desk.ok("GET", f"/v1/support/customers/{customer_id}")["billing_accounts"] == []


@pytest.mark.parametrize("what", ["managers", "transfer"])
def test_nothing_can_be_given_to_an_erased_person(desk: Desk, what: str) -> None:
    """The id is unknown."""
    customer_id = nina(desk)
    erase(desk, customer_id)
    proof = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}
    body = {"customer_id": customer_id} if what == "managers" else {"from": desk.olga_id, "to": customer_id}
    assert desk.ask("POST", f"{desk.path}/{what}", {**body, "verification": proof}).code == "customer_not_found"
