"""Seats of subscriptions, invoices of every status, and unreadable items (R56)."""

from typing import Any

import pytest

from tests.world import Person, World

TERM = {"termStartDate": "2026-01-01", "termEndDate": "2099-01-01", "MaxSeatsUsed__c": 23}


@pytest.fixture
def olga(world: World) -> Person:
    return world.person("olga@acme.example")


def plan(name: str, *charges: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"ratePlanName": name, "productName": name, "ratePlanCharges": list(charges), **fields}


def seats(quantity: float | None, start: str = "2026-01-01", end: str | None = "2099-01-01") -> dict[str, Any]:
    return {"quantity": quantity, "effectiveStartDate": start, "effectiveEndDate": end}


def shown(world: World, olga: Person, *plans: dict[str, Any], **fields: Any) -> dict[str, Any]:
    account = world.account(olga, subscriptions=[{**TERM, "ratePlans": list(plans), **fields}])
    (found,) = world.ok("GET", f"/v1/billing-accounts/{account}/subscriptions", olga)["data"]
    return dict(found)


PREMIUM, ULTIMATE = plan("Premium", seats(20)), plan("Ultimate", seats(30, "2026-06-01"))
ADD_ON, STORAGE = plan("Duo Pro add-on", {**seats(10), "uom": "Seats"}), plan("Storage", {**seats(5), "uom": "GB"})


def test_add_ons_and_storage_are_no_seats(world: World, olga: Person) -> None:
    """R56: Premium 20 + add-on 10 + storage 5, used 23: 20 seats, 3 owed."""
    found = shown(world, olga, PREMIUM, ADD_ON, STORAGE)

    assert (found["seats"], found["max_seats_used"], found["owed_seats"]) == (20, 23, 3)
    assert (found["plan"], found["product"]) == ("Premium", "Premium, Duo Pro add-on, Storage")


@pytest.mark.parametrize(
    ("plans", "counted"),
    [
        ([plan("Premium", seats(20), lastChangeType="Remove"), ULTIMATE], 30),
        ([plan("Premium", seats(20), lastChangeType="Remove")], 0),
        ([plan("Premium", seats(20, "2026-01-01", "2026-02-01")), ULTIMATE], 30),
        ([plan("Premium", seats(20), seats(5))], 25),
        ([plan("Premium", seats(20), lastChangeType="Update")], 20),
        ([plan("Premium", {**seats(20), "status": "removedDirectly"}, seats(4))], 4),
        ([plan("Premium", {**seats(20), "type": "OneTime"}, {**seats(9), "type": "Usage"})], None),
        ([plan("Other", {**seats(7), "uom": "Seats"}), plan("Other", {**seats(2), "uom": "GB"})], 7),
        ([plan("PREMIUM yearly", seats(8))], 8),
        ([plan("Premium", seats(None))], 0),
        ([STORAGE], None),
        ([plan("Premium", seats(6, "2098-01-01"))], 6),
        ([], None),
    ],
)
def test_removed_and_ended_charges_are_left_out(
    world: World, olga: Person, plans: list[dict[str, Any]], counted: int | None
) -> None:
    """R56: removed rate plans and charges, ended segments, and charges that do not count seats."""
    found = shown(world, olga, *plans)

    assert found["seats"] == counted
    assert found["owed_seats"] == (None if counted is None else max(0, 23 - counted))


def test_of_several_segments_todays_counts(world: World, olga: Person) -> None:
    """R56: seats bought in mid-term count from then on, next year's not yet."""
    grown = [seats(10, "2026-01-01", "2026-03-01"), seats(20, "2026-03-01", "2098-01-01"), seats(40, "2098-01-01")]

    found = shown(world, olga, plan("Premium", {"name": "Seat", "chargeSegments": grown}))

    assert (found["seats"], found["plan_since"], found["start_date"]) == (20, "2026-01-01", "2026-01-01")


def test_a_plan_changed_in_mid_term_shows_the_newest_with_its_own_start(world: World, olga: Person) -> None:
    """R56: the old plan is not shown."""
    found = shown(
        world, olga, plan("Premium", seats(20, "2026-01-01", "2026-06-01"), lastChangeType="Remove"), ULTIMATE
    )

    assert (found["plan"], found["product"], found["seats"]) == ("Ultimate", "Ultimate", 30)
    assert (found["plan_since"], found["start_date"]) == ("2026-06-01", "2026-06-01")


def test_an_ended_subscription_shows_its_last_day(world: World, olga: Person) -> None:
    """R56: not zero seats."""
    ended = {"termStartDate": "2024-01-01", "termEndDate": "2025-01-01", "status": "Cancelled"}

    found = shown(world, olga, plan("Premium", seats(20, "2024-01-01", "2025-01-01")), **ended)

    assert (found["seats"], found["start_date"], found["end_date"]) == (20, "2024-01-01", "2025-01-01")


STATUSES = ["Posted", "Draft", "Canceled", "PendingForTax", "Posted"]


def test_managers_see_posted_invoices_and_support_all_with_their_status(world: World, olga: Person) -> None:
    """R56: nobody is shown a draft or a cancelled invoice as a debt."""
    account = world.account(olga, invoices=[{"amount": 7, "status": status} for status in STATUSES])

    mine = world.ok("GET", f"/v1/billing-accounts/{account}/invoices", olga)["data"]
    theirs = world.ok("GET", f"/v1/support/billing-accounts/{account}/invoices", world.support())["data"]

    assert [each["status"] for each in mine] == ["Posted", "Posted"]
    assert [each["status"] for each in theirs] == STATUSES


def test_posted_invoices_are_found_behind_many_drafts(world: World, olga: Person) -> None:
    """R56: page by page, each posted one once."""
    invoices = [{"amount": n, "status": "Posted" if n % 40 == 39 else "Draft"} for n in range(200)]
    account = world.account(olga, invoices=invoices)

    amounts, cursor = [], ""
    while True:
        page = world.ok("GET", f"/v1/billing-accounts/{account}/invoices?limit=2{cursor}", olga)
        amounts += [each["amount"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert amounts == ["39.00", "79.00", "119.00", "159.00", "199.00"]


UNREADABLE = [
    {"termStartDate": ["no day"]},
    {"termEndDate": "soon"},
    {"status": {"of": "what"}},
    {"ratePlans": "none"},
    {"ratePlans": [7]},
    {"ratePlans": [plan("Premium", {"quantity": "many"})]},
    {"ratePlans": [plan("Premium", {"quantity": 1e300})]},
    {"autoRenew": "perhaps"},
]


@pytest.mark.parametrize("item", UNREADABLE)
def test_one_unreadable_item_never_hides_the_list(world: World, olga: Person, item: dict[str, Any]) -> None:
    """R56: it is left out, and counted."""
    account = world.account(olga, subscriptions=[{"subscriptionNumber": "A-S1"}, item, {"subscriptionNumber": "A-S3"}])

    page = world.ok("GET", f"/v1/billing-accounts/{account}/subscriptions", olga)

    assert ([each["name"] for each in page["data"]], page["unreadable"]) == (["A-S1", "A-S3"], 1)


@pytest.mark.parametrize(
    ("kind", "listed", "good", "bad"),
    [
        ("invoices", "invoices", {"amount": 1}, {"invoiceDate": "yesterday"}),
        ("invoices", "invoices", {"amount": 1}, {"currency": []}),
        ("payment-methods", "paymentMethods", {"type": "ACH"}, {"type": "ACH", "expirationYear": "soon"}),
        ("payment-methods", "paymentMethods", {"type": "ACH"}, {"type": "CreditCard", "accountHolderInfo": "Ada"}),
    ],
)
def test_one_unreadable_invoice_or_payment_method_never_hides_the_list(  # noqa: PLR0917 -- a table with four columns
    world: World, olga: Person, kind: str, listed: str, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    """R56."""
    account = world.account(olga, **{listed: [good, bad, good]})

    page = world.ok("GET", f"/v1/billing-accounts/{account}/{kind}", olga)

    assert (len(page["data"]), page["unreadable"]) == (2, 1)


@pytest.mark.parametrize("value", ["1e400", "9" * 400, "NaN", "-Infinity", 1e308])
def test_a_custom_field_that_is_no_number_is_ignored(world: World, olga: Person, value: Any) -> None:
    """R56: numbers are bounded."""
    found = shown(world, olga, PREMIUM, MaxSeatsUsed__c=value)

    assert (found["max_seats_used"], found["owed_seats"]) == (None, None)
