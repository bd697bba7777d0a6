"""The lists of the fake: rate plans, charges and their segments, invoice owners, invoices of every status."""

from typing import Any

import pytest

from devstack.zuora import FakeZuora
from devstack.zuora.refusals import Refusal
from tests.devstack.raw import Raw

GROWN = {  # seats were bought once more in June; the clock of these tests stands in September 2026
    "name": "Seats",
    "uom": "Each",
    "chargeSegments": [
        {"effectiveStartDate": "2026-01-01", "effectiveEndDate": "2026-06-01", "quantity": 10},
        {"effectiveStartDate": "2026-06-01", "effectiveEndDate": "2026-12-01", "quantity": 20},
        {"effectiveStartDate": "2026-12-01", "effectiveEndDate": "2027-01-01", "quantity": 30},
    ],
}
OVER = {"name": "Trial", "effectiveStartDate": "2026-01-01", "effectiveEndDate": "2026-02-01", "quantity": 1}
PLAN = {"ratePlanName": "Premium", "ratePlanCharges": [GROWN, OVER]}


def _made(fake: FakeZuora, **lists: Any) -> dict[str, Any]:
    return fake.do("POST", "/v1/accounts", {"name": "Acme", **lists})


def _charges(raw: Raw, detail: str) -> list[dict[str, Any]]:
    body = raw.send("GET", f"/v1/subscriptions/A-S1{detail}").body
    charges: list[dict[str, Any]] = body["ratePlans"][0]["ratePlanCharges"]
    return charges


def test_charges_are_shown_by_their_last_segment_unless_others_are_asked_for(fake: FakeZuora, raw: Raw) -> None:
    _made(fake, subscriptions=[{"subscriptionNumber": "A-S1", "ratePlans": [PLAN]}])

    last, today = _charges(raw, ""), _charges(raw, "?charge-detail=current-segment")
    whole = _charges(raw, "?charge-detail=all-segments")

    assert [(each["name"], each["quantity"], each["segment"]) for each in last] == [("Seats", 30, 3), ("Trial", 1, 1)]
    assert [(each["name"], each["quantity"], each["segment"]) for each in today] == [("Seats", 20, 2)]
    assert [[each["quantity"] for each in charge["chargeSegments"]] for charge in whole] == [[10, 20, 30], [1]]
    assert whole[0]["uom"] == "Each"
    assert "quantity" not in whole[0]
    assert raw.send("GET", "/v1/subscriptions/A-S1?charge-detail=some").status == 400


def test_a_rate_plan_has_been_added_unless_something_else_happened_to_it(fake: FakeZuora, raw: Raw) -> None:
    plans = [{}, {"lastChangeType": "Remove"}, {"lastChangeType": "Update"}]
    _made(fake, subscriptions=[{"subscriptionNumber": "A-S1", "ratePlans": plans}])

    body = raw.send("GET", "/v1/subscriptions/A-S1").body

    assert [plan["lastChangeType"] for plan in body["ratePlans"]] == ["Add", "Remove", "Update"]


@pytest.mark.parametrize("named", ["invoiceOwnerAccountId", "invoiceOwnerAccountNumber"])
def test_the_invoice_owner_is_named_whole(fake: FakeZuora, raw: Raw, named: str) -> None:
    reseller = fake.do("POST", "/v1/accounts", {"name": "Reseller", "accountNumber": "R-1"})["accountId"]
    key = reseller if named == "invoiceOwnerAccountId" else "R-1"
    made = _made(fake, subscriptions=[{}, {named: key}])

    own, resold = raw.send("GET", f"/v1/subscriptions/accounts/{made['accountId']}").body["subscriptions"]

    owner = [own[f"invoiceOwnerAccount{part}"] for part in ("Id", "Number", "Name")]
    assert owner == [made["accountId"], made["accountNumber"], "Acme"]
    assert [resold[f"invoiceOwnerAccount{part}"] for part in ("Id", "Number", "Name")] == [reseller, "R-1", "Reseller"]


def test_only_posted_invoices_are_owed(fake: FakeZuora, raw: Raw) -> None:
    invoices = [{"amount": 7, "status": status} for status in ("Draft", "Posted", "Canceled")]
    made = _made(fake, invoices=invoices)

    shown = raw.send("GET", "/object-query/invoices").body["data"]
    account = raw.send("GET", f"/v1/accounts/{made['accountId']}").body

    assert [each["status"] for each in shown] == ["Draft", "Posted", "Canceled"]
    assert ["postedDate" in each for each in shown] == [False, True, False]
    assert account["metrics"]["balance"] == 7
    with pytest.raises(Refusal):
        _made(fake, invoices=[{"status": "Lost"}])


def test_invoices_and_subscriptions_are_found_by_number_too(fake: FakeZuora, raw: Raw) -> None:
    _made(fake, invoices=[{"invoiceNumber": "INV-1"}], subscriptions=[{"subscriptionNumber": "A-S1"}])

    for path, name in (("invoices/INV-1", "invoiceNumber"), ("subscriptions/A-S1", "name")):
        by_number = raw.send("GET", f"/object-query/{path}").body
        kind, _, number = path.partition("/")
        assert by_number[name] == number
        assert raw.send("GET", f"/object-query/{kind}/{by_number['id']}").body == by_number
    assert raw.send("GET", "/v1/subscriptions/A-S2").status == 404
