"""Subscriptions, invoices and payment methods, read through from Zuora (R56, R58)."""

from typing import Any

import pytest

from tests.world import Person, World

SEATS = {"ratePlanName": "Premium", "productName": "Portal", "ratePlanCharges": [{"type": "Recurring", "quantity": 20}]}
FULL = {
    "subscriptionNumber": "A-S1",
    "termStartDate": "2026-01-01",
    "termEndDate": "2026-12-31",
    "autoRenew": True,
    "DeliveryType__c": "SaaS",
    "MaxSeatsUsed__c": "23",
    "TurnOnCloudLicensing__c": "Yes",
    "TurnOnOperationalMetrics__c": "No",
    "TurnOnAutoRenew__c": "false",
    "ratePlans": [SEATS],
}
CARD = {
    "type": "CreditCard",
    "cardNumber": "4111111111111111",
    "creditCardType": "Visa",
    "expirationMonth": 8,
    "expirationYear": 2030,
    "accountHolderInfo": {"accountHolderName": "Ada Lovelace"},
    "isDefault": True,
}
ACH = {
    "type": "ACH",
    "bankABACode": "123456789",
    "bankAccountNumber": "000012344321",
    "bankName": "A Bank",
    "bankAccountName": "Acme Inc",
    "bankAccountType": "BusinessChecking",
}


@pytest.fixture
def olga(world: World) -> Person:
    return world.person("olga@acme.example")


def test_a_subscription_says_what_the_fulfillment_guide_lists(world: World, olga: Person) -> None:
    """R56: name, type, dates, owed seats, switches from custom fields that are settings."""
    account = world.account(olga, subscriptions=[FULL, {**FULL, "MaxSeatsUsed__c": 3}, {}])
    page = world.ok("GET", f"/v1/billing-accounts/{account}/subscriptions", olga)
    first, second, bare = page["data"]
    assert {name: first[name] for name in first if name not in {"id", "product", "status"}} == {
        "name": "A-S1",
        "type": "SaaS",
        "plan": "Premium",
        "plan_since": "2026-01-01",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "seats": 20,
        "max_seats_used": 23,
        "owed_seats": 3,
        "cloud_licensing": True,
        "operational_metrics": False,
        "quarterly_coterms": None,
        "auto_renew": False,
        "changes_through": "portal",
    }
    assert (second["owed_seats"], bare["owed_seats"], page["next_cursor"], page["hint"]) == (0, None, None, None)


def test_an_invoice_is_paid_when_nothing_is_left_to_pay(world: World, olga: Person) -> None:
    """R56: amounts are texts, so that no cent is lost on the way."""
    amounts = [{"amount": 100.10, "balance": 0.0}, {"amount": 100, "balance": 40}, {"amount": 59.99}]
    account = world.account(olga, invoices=amounts)
    found = world.ok("GET", f"/v1/billing-accounts/{account}/invoices", olga)["data"]
    assert [(each["amount"], each["balance"], each["payment_status"]) for each in found] == [
        ("100.10", "0.00", "paid"),
        ("100.00", "40.00", "partially_paid"),
        ("59.99", "59.99", "unpaid"),
    ]


def test_payment_methods_show_last_digits_only(world: World, olga: Person) -> None:
    """R56: cards and bank accounts; whatever Zuora sends, numbers are masked."""
    account = world.account(olga, paymentMethods=[CARD, ACH])
    answer = world.call("GET", f"/v1/billing-accounts/{account}/payment-methods", olga)
    assert "4111111111111111" not in answer.text
    assert "000012344321" not in answer.text
    card, bank = answer.json["data"]
    shown = (card["kind"], card["card_type"], card["last_digits"], card["name"], card["expires"], card["is_default"])
    assert shown == ("card", "Visa", "1111", "Ada Lovelace", "2030-08", True)
    assert (bank["kind"], bank["bank_name"], bank["name"]) == ("bank_account", "A Bank", "Acme Inc")
    assert bank["account_number"].endswith("4321")


@pytest.mark.parametrize(("kind", "listed"), [("subscriptions", "subscriptions"), ("invoices", "invoices")])
@pytest.mark.parametrize("limit", [7, 40, 100])
def test_pages_show_everything_once_and_in_order(
    world: World, olga: Person, kind: str, listed: str, limit: int
) -> None:
    """R56: whatever the size of our pages and of Zuora's."""
    many: list[dict[str, Any]] = [{"amount": n} if kind == "invoices" else {} for n in range(130)]
    account = world.account(olga, **{listed: many})
    path = f"/v1/billing-accounts/{account}/{kind}?limit={limit}"
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = world.ok("GET", path + (f"&cursor={cursor}" if cursor else ""), olga)
        assert 0 < len(page["data"]) <= limit
        seen += [each["id"] for each in page["data"]]
        cursor = page["next_cursor"]
    table = world.zuora.state.invoices if kind == "invoices" else world.zuora.state.subscriptions
    assert seen == list(table)


def test_paging_back_and_forth_calls_zuora_once(world: World, olga: Person) -> None:
    """R56: a short cache for each account."""
    account = world.account(olga, subscriptions=[{}])
    world.zuora.forget_requests()
    for _ in range(3):
        world.ok("GET", f"/v1/billing-accounts/{account}/subscriptions", olga)
    assert [each["path"] for each in world.zuora.requests if each["method"] == "GET"] == [
        next(each["path"] for each in world.zuora.requests if each["method"] == "GET")
    ]


@pytest.mark.parametrize("fault", ["http_503", "http_500_html", "rate_limit", "malformed", "lock", "unauthorized"])
@pytest.mark.parametrize("kind", ["subscriptions", "invoices", "payment-methods"])
def test_zuora_down_is_503_with_retry_after(world: World, olga: Person, kind: str, fault: str) -> None:
    """R57: zuora_unavailable; the failure is not cached."""
    account = world.account(olga)
    world.zuora.fail("*", fault, retry_after=17)
    refused = world.call("GET", f"/v1/billing-accounts/{account}/{kind}", olga)
    assert (refused.status, refused.code) == (503, "zuora_unavailable")
    assert refused.headers["Retry-After"] == ("17" if fault == "rate_limit" else "30")
    world.zuora.heal()
    assert world.ok("GET", f"/v1/billing-accounts/{account}/{kind}", olga)["data"] == []


def test_customers_of_a_reseller_are_pointed_to_their_reseller(world: World, olga: Person) -> None:
    """R58: they see their subscriptions, but cannot change them."""
    account = world.account(olga, SSPChannel__c="Reseller", subscriptions=[FULL])
    page = world.ok("GET", f"/v1/billing-accounts/{account}/subscriptions", olga)
    assert page["data"][0]["changes_through"] == "reseller"
    assert "reseller" in page["hint"]
    held = world.ok("GET", f"/v1/billing-accounts/{account}/permissions", olga)["permissions"]
    assert "update_subscriptions" not in held
    assert {"view_subscriptions", "invite_managers", "change_contacts"} <= set(held)
    direct = world.account(world.person("otto@beta.example"))
    other = world.ok("GET", f"/v1/billing-accounts/{direct}/permissions", world.person("otto@beta.example"))
    assert "update_subscriptions" in other["permissions"]


def test_support_reads_the_same_lists(world: World, olga: Person) -> None:
    """R56, R60: both groups read; a cursor of one account is none of another."""
    account = world.account(olga, subscriptions=[FULL, {}])
    reader = world.support(group="billing-support-readonly")
    path = f"/v1/support/billing-accounts/{account}"
    page = world.ok("GET", f"{path}/subscriptions?limit=1", reader)
    assert [each["name"] for each in page["data"]] == ["A-S1"]
    assert world.call("GET", f"{path}/subscriptions", olga).code == "forbidden"
    other = world.account(world.person("otto@beta.example"))
    foreign = f"/v1/support/billing-accounts/{other}/subscriptions?cursor={page['next_cursor']}"
    assert world.call("GET", foreign, reader).code == "validation_failed"


def test_an_account_that_is_gone_in_zuora_says_so(world: World, olga: Person) -> None:
    """R56: 404 and not an outage."""
    account = world.account(olga)
    world.zuora.state.forget_account(next(iter(world.zuora.state.accounts)))
    assert world.call("GET", f"/v1/billing-accounts/{account}/subscriptions", olga).code == "zuora_account_not_found"
