"""Contact edits reach Zuora, contact choices are carried out, and nothing else touches Zuora (moto)."""

from typing import Any

import pytest

from tests.world import TICKET, Person, World


def contact_ids(world: World, account: str) -> dict[str, str]:
    """The Zuora ids of an account's two contacts."""
    item = next(each for each in world.items("Accounts") if each["key"]["S"] == account)
    return {part: item[f"{part}_contact_id"]["S"] for part in ("sold_to", "bill_to")}


def edit(world: World, contact: str, **changes: Any) -> Any:
    """An edit by support."""
    body = {"ticket_url": TICKET, **changes}
    return world.ok("PATCH", f"/v1/support/contacts/{contact}", world.support(), body)


def in_zuora(world: World, contact: str) -> dict[str, Any]:
    return world.zuora.do("GET", f"/v1/contacts/{contact}")


def writes(world: World) -> list[tuple[str, str]]:
    """What was written to Zuora, by method and path."""
    return [(each["method"], each["path"]) for each in world.zuora.requests if _writes(each)]


def _writes(request: dict[str, Any]) -> bool:
    return bool(request["method"] != "GET" and request["path"] != "/oauth/token")


@pytest.fixture
def olga(world: World) -> Person:
    return world.person("olga@acme.example")


def test_an_edit_reaches_zuora_and_its_spelling_is_copied(world: World, olga: Person) -> None:
    """R51: only the changed fields are sent; "at" comes back as Austria, here too."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    world.zuora.forget_requests()
    edited = edit(world, contact, city="Wien", country="at")
    assert (edited["sync"]["state"], edited["touches"]) == ("pending", ["sold_to", "bill_to"])
    world.pipeline.drain()
    assert (in_zuora(world, contact)["city"], in_zuora(world, contact)["country"]) == ("Wien", "Austria")
    (put,) = [each for each in world.zuora.requests if _writes(each)]
    assert (put["method"], put["body"]) == ("PUT", {"city": "Wien", "country": "at"})
    assert "Idempotency-Key" not in put["headers"]
    seen = world.ok("GET", f"/v1/billing-accounts/{account}/contacts", olga)
    assert (seen["sold_to"]["country"], seen["sold_to"]["sync"]["state"]) == ("Austria", "synced")
    assert seen["bill_to"] == seen["sold_to"]


def test_an_unknown_address_makes_no_customer(world: World, olga: Person) -> None:
    """R51, R50: neither the edit nor Zuora's confirmation; the manager stays the same."""
    account = world.account(olga)
    before = world.items("Customers")
    edit(world, contact_ids(world, account)["sold_to"], work_email="unknown@acme.example")
    world.pipeline.drain()
    assert world.items("Customers") == before
    seen = world.ok("GET", f"/v1/support/billing-accounts/{account}/managers", world.support())["data"]
    assert [(each["email"], each["is_sold_to"]) for each in seen] == [("olga@acme.example", False)]


def test_the_same_address_on_another_account_is_another_contact(world: World, olga: Person) -> None:
    """R4, R51: contacts are addressed by id, never by address across accounts."""
    one = world.account(olga)
    other_contact = world.zuora.do("GET", f"/v1/accounts/{world.zuora_account(olga.email)}")["soldToContact"]["id"]
    body = {"zuora_contact_id": other_contact, "ticket_url": TICKET}
    other = world.ok("POST", "/v1/support/contacts", world.support(), body)
    edit(world, contact_ids(world, one)["sold_to"], city="Wien", work_email="olivia@acme.example")
    world.pipeline.drain()
    assert world.ok("GET", f"/v1/support/contacts/{other_contact}", world.support()) == other
    assert in_zuora(world, other_contact)["workEmail"] == "olga@acme.example"


def test_a_message_that_comes_twice_writes_once(world: World, olga: Person) -> None:
    """R51: the second time everything is equal already."""
    contact = contact_ids(world, world.account(olga))["sold_to"]
    edit(world, contact, city="Wien")
    world.pipeline.drain()
    world.zuora.forget_requests()
    world.pipeline.forget_stream()
    world.pipeline.drain()
    assert writes(world) == []


def test_a_country_that_zuora_does_not_know_is_recorded_and_not_retried(world: World, olga: Person) -> None:
    """R57: Zuora's code and reason on the contact; a new edit is tried again."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    edit(world, contact, country="Ivory Coast")
    world.pipeline.drain()
    seen = world.ok("GET", f"/v1/support/contacts/{contact}", world.support())
    assert seen["sync"]["state"] == "failed"
    assert "country" in seen["sync"]["error"]
    (listed,) = world.ok("GET", "/v1/support/sync?state=failed", world.support())["data"]
    assert (listed["contact_id"], listed["error"]["code"]) == (contact, seen["sync"]["error"].partition(":")[0])
    assert world.events(account)[-1] == "contact_sync_failed"
    world.zuora.forget_requests()
    world.pipeline.forget_stream()
    world.pipeline.drain()
    assert writes(world) == []
    edit(world, contact, country="Austria")
    world.pipeline.drain()
    assert world.ok("GET", f"/v1/support/contacts/{contact}", world.support())["sync"]["state"] == "synced"
    assert world.ok("GET", "/v1/support/sync?state=failed", world.support())["data"] == []


def test_membership_changes_write_nothing_to_zuora(world: World, olga: Person) -> None:
    """R50: invitations, roles, removal, leaving: zero writes."""
    account = world.account(olga)
    world.zuora.forget_requests()
    carl, dora = world.person("carl@acme.example"), world.person("dora@acme.example")
    carl_id = world.join(olga, account, carl)
    world.join(olga, account, dora)
    path = f"/v1/billing-accounts/{account}"
    world.ok("PATCH", f"{path}/managers/{carl_id}", olga, {"role": "viewer"})
    world.ok("DELETE", f"{path}/managers/{carl_id}", olga)
    world.ok("POST", f"{path}/leave", dora)
    world.pipeline.drain()
    assert world.zuora.requests == []


def test_a_new_sold_to_is_made_in_zuora_and_the_shared_bill_to_stays(world: World, olga: Person) -> None:
    """R55, R32: the rule applies at once, Zuora follows a moment later; choosing one role leaves the other."""
    account = world.account(olga)
    before = contact_ids(world, account)
    carl = world.person("carl@acme.example")
    carl_id = world.join(olga, account, carl)
    path = f"/v1/billing-accounts/{account}"
    chosen = world.call("PUT", f"{path}/contacts/sold-to", olga, {"manager_id": carl_id})
    assert (chosen.status, chosen.json["id"], chosen.json["sync"]["state"]) == (202, None, "pending")
    assert world.call("DELETE", f"{path}/managers/{carl_id}", olga).code == "is_sold_to_contact"
    world.pipeline.drain()
    after = contact_ids(world, account)
    assert after["bill_to"] == before["bill_to"]
    assert after["sold_to"] != before["sold_to"]
    contact = in_zuora(world, after["sold_to"])
    assert (contact["firstName"], contact["workEmail"], contact["country"]) == ("Carl", "carl@acme.example", "Germany")
    seen = world.ok("GET", f"{path}/contacts", olga)
    assert (seen["sold_to"]["id"], seen["sold_to"]["roles"]) == (after["sold_to"], ["sold_to"])
    assert world.call("POST", f"{path}/leave", olga).code == "is_bill_to_contact"
    assert [mail.subject for mail in world.mails_to("carl@acme.example")][-1:] != []
    world.zuora.forget_requests()
    again = world.call("PUT", f"{path}/contacts/sold-to", olga, {"manager_id": carl_id})
    assert (again.status, again.json["id"]) == (202, after["sold_to"])
    world.pipeline.drain()
    assert writes(world) == []


def test_a_former_sold_to_gets_the_role_again_with_the_old_contact(world: World, olga: Person) -> None:
    """R55: the account's own contact with that address is used, no second one is created."""
    account = world.account(olga)
    before = contact_ids(world, account)
    carl_id = world.join(olga, account, world.person("carl@acme.example"))
    path = f"/v1/billing-accounts/{account}/contacts/sold-to"
    world.ok("PUT", path, olga, {"manager_id": carl_id})
    world.pipeline.drain()
    world.zuora.forget_requests()
    world.ok("PUT", path, olga, {"manager_id": world.id_of(olga)})
    world.pipeline.drain()
    assert contact_ids(world, account) == before
    assert [method for method, _ in writes(world)] == ["PUT"]


def test_a_custom_bill_to_is_created_as_typed(world: World, olga: Person) -> None:
    """R55: it need not be a manager; the shared Sold To stays as it is."""
    account = world.account(olga)
    before = contact_ids(world, account)
    typed = {"first_name": "Bea", "last_name": "Counter", "work_email": "ap@acme.example", "country": "AT"}
    path = f"/v1/billing-accounts/{account}/contacts"
    chosen = world.call("PUT", f"{path}/bill-to", olga, {"contact": typed})
    assert (chosen.status, chosen.json["work_email"], chosen.json["roles"]) == (202, "ap@acme.example", ["bill_to"])
    world.pipeline.drain()
    after = contact_ids(world, account)
    assert after["sold_to"] == before["sold_to"]
    assert in_zuora(world, after["bill_to"])["country"] == "Austria"
    assert world.ok("GET", f"{path}", olga)["bill_to"]["sync"]["state"] == "synced"
    (told,) = [each for each in world.items("Accounts") if each["key"]["S"] == account]
    assert told["bill_to_address"]["S"] == "ap@acme.example"


def test_choices_of_a_cancelled_account_are_recorded_as_refused(world: World, olga: Person) -> None:
    """R57: contact edits work, the account itself takes no change (51500030)."""
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    carl_id = world.join(olga, account, world.person("carl@acme.example"))
    for each in world.zuora.state.accounts.values():
        each["status"] = "Canceled"
    edit(world, contact, city="Bonn")
    path = f"/v1/billing-accounts/{account}/contacts"
    world.ok("PUT", f"{path}/sold-to", olga, {"manager_id": carl_id})
    world.pipeline.drain()
    assert in_zuora(world, contact)["city"] == "Bonn"
    seen = world.ok("GET", path, olga)["sold_to"]
    assert (seen["sync"]["state"], seen["sync"]["error"].partition(":")[0]) == ("failed", "51500030")
    (listed,) = world.ok("GET", "/v1/support/sync", world.support())["data"]
    assert (listed["kind"], listed["role"], listed["account_id"]) == ("choice", "sold_to", account)


def test_a_contact_deleted_in_zuora_is_marked_and_never_created_again(world: World, olga: Person) -> None:
    """R54."""
    account = world.account(olga, bill_to="bill@acme.example")
    contact = contact_ids(world, account)["bill_to"]
    world.zuora.state.contacts[contact]["deletedAt"] = 0.0
    edit(world, contact, city="Bonn")
    world.zuora.forget_requests()
    world.pipeline.drain()
    assert writes(world) == []
    seen = world.ok("GET", f"/v1/support/contacts/{contact}", world.support())
    assert seen["sync"]["state"] == "deleted_in_zuora"
    body = {"city": "Ulm", "ticket_url": TICKET}
    refused = world.call("PATCH", f"/v1/support/contacts/{contact}", world.support(), body)
    assert (refused.status, refused.code) == (409, "contact_deleted_in_zuora")


def test_of_two_edits_at_once_the_later_one_is_refused(world: World, olga: Person) -> None:
    """R65: If-Match with the version that was read; 412."""
    contact = contact_ids(world, world.account(olga))["sold_to"]
    path, body = f"/v1/support/contacts/{contact}", {"ticket_url": TICKET}
    read = world.call("GET", path, world.support())
    matching = {"If-Match": read.headers["ETag"]}
    assert world.call("PATCH", path, world.support(), {**body, "city": "Ulm"}, matching).status == 200
    late = world.call("PATCH", path, world.support(), {**body, "city": "Bonn"}, matching)
    assert (late.status, late.code, late.json["version"]) == (412, "version_conflict", 2)


def test_a_dry_run_says_what_would_be_and_changes_nothing(world: World, olga: Person) -> None:
    """R65: which parts, which fields, what they were."""
    contact = contact_ids(world, world.account(olga, bill_to="bill@acme.example"))["bill_to"]
    before = world.everything()
    said = edit(world, contact, city="Ulm", first_name="Bill", dry_run=True)
    assert (said["touches"], said["changed"], said["before"]) == (["bill_to"], ["city"], {"city": ""})
    assert world.everything() == before
