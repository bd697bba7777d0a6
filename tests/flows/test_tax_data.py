"""What Zuora needs for taxes is never lost by a choice: postal address, county and tax region (R55)."""

from typing import Any

import pytest

from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.zuora_records import ZuoraContact
from chalicelib.operations.zuora import tax_place
from chalicelib.store import contacts, reading
from tests.flows.test_contact_sync import contact_ids, edit, in_zuora, writes
from tests.flows.virtual_time import deployed
from tests.world import TICKET, Person, World

PLACE = {
    "address1": "Ring 1",
    "address2": "3rd floor",
    "city": "Vienna",
    "state": "Wien",
    "zipCode": "1010",
    "country": "Austria",
    "county": "Innere Stadt",
    "taxRegion": "AT-9",
}
WITHOUT_FLOOR = {name: value for name, value in PLACE.items() if name != "address2"}
TYPED = {"first_name": "Bea", "last_name": "Counter", "work_email": "ap@acme.example", "country": "at"}


@pytest.fixture
def olga(world: World) -> Person:
    return world.person("olga@acme.example")


@pytest.fixture
def account(world: World, olga: Person) -> str:
    """Olga's account, whose Sold To and Bill To have all data that taxes need."""
    found = world.account(olga, bill_to="bill@acme.example")
    for contact in contact_ids(world, found).values():
        world.zuora.do("PUT", f"/v1/contacts/{contact}", PLACE)
    return found


def place(world: World, contact: str) -> dict[str, str]:
    """The address fields that a contact has in Zuora, without empty ones."""
    theirs = in_zuora(world, contact)
    return {name: theirs[name] for name in PLACE if theirs[name]}


def old_contact(world: World, account: str, email: str, **fields: str) -> str:
    """A contact of the account that Zuora has had for a long time."""
    (item,) = [it for it in world.items("Accounts") if it["key"]["S"] == account]
    named = {"firstName": "Old", "lastName": "Contact", "workEmail": email, "accountId": item["zuora_account_id"]["S"]}
    return str(world.zuora.do("POST", "/v1/contacts", {**named, **fields})["id"])


def choose(world: World, account: str, olga: Person, part: str, body: Any) -> str:
    """Makes a choice; returns the contact that has the role then."""
    world.ok("PUT", f"/v1/billing-accounts/{account}/contacts/{part}", olga, body)
    world.pipeline.drain()
    return contact_ids(world, account)[part.replace("-", "_")]


@pytest.mark.parametrize("part", ["sold-to", "bill-to"])
def test_a_new_contact_has_all_that_the_replaced_one_had(world: World, olga: Person, account: str, part: str) -> None:
    """R55."""
    carl_id = world.join(olga, account, world.person("carl@acme.example"))
    assert place(world, choose(world, account, olga, part, {"manager_id": carl_id})) == PLACE


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({}, PLACE),
        ({"city": "Graz"}, {**PLACE, "city": "Graz"}),
        ({"country": "AT", "address1": "Kai 2"}, {**WITHOUT_FLOOR, "address1": "Kai 2"}),
        ({"taxRegion": "AT-1"}, {**PLACE, "taxRegion": "AT-1"}),
        ({"state": "Tirol"}, {"state": "Tirol", "country": "Austria"}),
        ({"country": "Italy"}, {"country": "Italy"}),
        ({"country": "Italy", "city": "Rome"}, {"country": "Italy", "city": "Rome"}),
        (PLACE, PLACE),
    ],
)  # fmt: skip
def test_an_old_contact_is_completed_and_what_it_has_stays(
    world: World, olga: Person, account: str, fields: dict[str, str], after: dict[str, str]
) -> None:
    """R55: only what is missing, and nothing that belongs to another place."""
    carl_id = world.join(olga, account, world.person("carl@acme.example"))
    old = old_contact(world, account, "Carl@acme.example", **fields)
    world.zuora.forget_requests()
    assert choose(world, account, olga, "sold-to", {"manager_id": carl_id}) == old
    assert place(world, old) == after
    assert in_zuora(world, old)["firstName"] == "Old", "choosing a manager edits nothing else"
    assert [method for method, path in writes(world) if path.startswith("/v1/contacts")] == ["PUT"] * (fields != after)


def test_a_contact_with_the_other_role_is_completed_too(world: World, olga: Person, account: str) -> None:
    """R55: it is not used as it is."""
    shared = contact_ids(world, account)["bill_to"]
    world.join(olga, account, world.person("bill@acme.example"))
    world.zuora.do("PUT", f"/v1/contacts/{shared}", dict.fromkeys(PLACE, ""))
    bill_id = world.id_of(world.person("bill@acme.example"))
    assert choose(world, account, olga, "sold-to", {"manager_id": bill_id}) == shared
    assert place(world, shared) == PLACE


@pytest.mark.parametrize(
    ("typed", "after"),
    [
        ({}, PLACE),
        ({"address1": "Kai 2", "city": "Vienna"}, {
            "address1": "Kai 2", "city": "Vienna", "country": "Austria", "county": "Innere Stadt", "taxRegion": "AT-9",
        }),
        ({"state": "wien"}, {"state": "wien", "country": "Austria", "county": "Innere Stadt", "taxRegion": "AT-9"}),
        ({"state": "Tirol"}, {"state": "Tirol", "country": "Austria"}),
        ({"country": "Italy"}, {"country": "Italy"}),
        ({"country": "USA", "state": "ny"}, {"country": "United States", "state": "New York"}),
    ],
)  # fmt: skip
def test_missing_fields_of_a_typed_contact_are_copied_where_the_place_is_the_same(
    world: World, olga: Person, account: str, typed: dict[str, str], after: dict[str, str]
) -> None:
    """R55: a typed address is complete; county and tax region are copied within the same country and state."""
    contact = choose(world, account, olga, "bill-to", {"contact": {**TYPED, **typed}})
    assert place(world, contact) == after


def test_a_worker_that_crashes_before_completing_the_old_contact_is_resumed(
    world: World, olga: Person, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R55: the contact is recorded already; the account does not use it before it has all data that taxes need."""
    carl_id = world.join(olga, account, world.person("carl@acme.example"))
    old = old_contact(world, account, "carl@acme.example")
    with deployed(world, monkeypatch) as deployment:
        world.zuora.fail("PUT /v1/contacts", "lock")
        admin = world.person("olga@acme.example", expires_in=10**7)
        world.ok("PUT", f"/v1/billing-accounts/{account}/contacts/sold-to", admin, {"manager_id": carl_id})
        deployment.minute()
        assignment = reading.one(contacts.assignment_key(account, ContactRole.SOLD_TO))
        assert assignment is not None
        assert (assignment.contact_id, place(world, old), contact_ids(world, account)["sold_to"] != old) == (
            old,
            {},
            True,
        )
        world.zuora.heal()
        deployment.until(lambda: contact_ids(world, account)["sold_to"] == old, most=6)
        assert place(world, old) == PLACE


def test_imports_edits_and_the_nightly_round_neither_lose_nor_report_what_is_zuoras_alone(
    world: World, olga: Person, account: str
) -> None:
    """R55, R54: county and tax region are no fields of ours; an edit of others leaves them as they are."""
    contact = contact_ids(world, account)["sold_to"]
    world.ok("POST", f"/v1/support/contacts/{contact}/sync", world.support(), {"ticket_url": TICKET, "prefer": "zuora"})
    world.pipeline.drain()
    edit(world, contact, city="Linz")
    world.pipeline.drain()
    assert place(world, contact) == {**PLACE, "city": "Linz"}
    world.ok("POST", f"/v1/support/contacts/{contact}/sync", world.support(), {"ticket_url": TICKET})
    world.pipeline.drain()
    assert place(world, contact) == {**PLACE, "city": "Linz"}
    seen = world.ok("GET", f"/v1/support/contacts/{contact}", world.support())
    assert (seen["sync"]["state"], "county" in seen, "tax_region" in seen) == ("synced", False, False)


def test_nothing_is_copied_from_a_scrubbed_or_missing_contact() -> None:
    """R55: there is nothing to take."""
    gone = "Record Scrubbed"
    scrubbed = ZuoraContact("1", "a", gone, gone, "", gone, gone, gone, gone, gone, "")
    own = dict.fromkeys(tax_place.FIELDS, "")
    assert tax_place.missing(own, scrubbed, typed=False) == {}
    assert tax_place.missing(own, None, typed=False) == {}


def test_a_state_that_does_not_belong_to_the_country_of_the_replaced_contact_keeps_that_out() -> None:
    """R55: Zuora would refuse the two together, and with them the choice."""
    replaced = ZuoraContact("1", "a", "A", "B", "", "", "", "", "", "", "United States")
    own = dict.fromkeys(tax_place.FIELDS, "") | {"state": "Bavaria"}
    assert tax_place.missing(own, replaced, typed=False) == {}
