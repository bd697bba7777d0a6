"""Accounts in the fake: creating them for tests, their contacts, their lists."""

from typing import Any

import pytest

from devstack.zuora import FakeZuora
from tests.devstack.raw import Raw, person

SUBSCRIPTION = {
    "subscriptionNumber": "A-S1",
    "TurnOnAutoRenew__c": "Yes",
    "ratePlans": [{"ratePlanName": "Premium", "productName": "Portal", "ratePlanCharges": [{"quantity": 20}]}],
}
CARD = {"type": "CreditCard", "cardNumber": "************1111", "creditCardType": "Visa", "isDefault": True}
ACH = {"type": "ACH", "bankABACode": "123456789", "bankAccountNumber": "*****4321", "bankName": "A Bank"}


def create(fake: FakeZuora, **fields: Any) -> dict[str, str]:
    return fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person()} | fields)


def test_an_account_is_found_by_id_and_by_number(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, accountNumber="ACC-7", Plan__c="team")

    by_id = raw.send("GET", f"/v1/accounts/{made['accountId']}").body
    by_number = raw.send("GET", "/v1/accounts/ACC-7").body

    assert by_id == by_number
    assert by_id["basicInfo"]["Plan__c"] == "team"
    assert by_id["basicInfo"]["status"] == "Active"
    assert by_id["metrics"]["balance"] == 0.0


def test_without_a_sold_to_one_contact_has_both_roles(fake: FakeZuora, raw: Raw) -> None:
    """R4."""
    made = create(fake)
    assert made["billToContactId"] == made["soldToContactId"]

    raw.send("PUT", f"/v1/contacts/{made['billToContactId']}", {"city": "Rome"})

    body = raw.send("GET", f"/v1/accounts/{made['accountId']}").body
    assert body["billToContact"]["city"] == body["soldToContact"]["city"] == "Rome"
    assert body["billToContact"]["id"] == body["soldToContact"]["id"]


def test_a_sold_to_together_with_sold_to_same_as_bill_to_is_ignored(fake: FakeZuora) -> None:
    made = create(fake, soldToContact=person(firstName="Charles"), soldToSameAsBillTo=True)

    assert made["billToContactId"] == made["soldToContactId"]
    assert len(fake.state.contacts_of(made["accountId"])) == 1


def test_two_contacts_are_edited_apart(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, soldToContact=person(firstName="Charles"))

    raw.send("PUT", f"/v1/contacts/{made['billToContactId']}", {"city": "Rome"})

    body = raw.send("GET", f"/v1/accounts/{made['accountId']}").body
    assert (body["billToContact"]["city"], body["soldToContact"]["city"]) == ("Rome", "San Francisco")


def test_an_account_without_contacts_is_a_draft(fake: FakeZuora, raw: Raw) -> None:
    made = fake.do("POST", "/v1/accounts", {"name": "Draft"})

    body = raw.send("GET", f"/v1/accounts/{made['accountId']}").body
    assert body["basicInfo"]["status"] == "Draft"
    assert body["billToContact"] is body["soldToContact"] is None


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        ({"name": ""}, 22),
        ({"nickname": "x"}, 21),
        ({"status": "Asleep"}, 20),
        ({"status": "Active", "billToContact": None}, 22),
        ({"accountNumber": "TAKEN"}, 20),
        ({"autoPay": "yes"}, 20),
        ({"billToContact": {"firstName": "Ada"}}, 22),
        ({"soldToContact": person(country="Atlantis")}, 20),
        ({"invoices": [{"amount": "much"}]}, 20),
        ({"paymentMethods": [{"type": "Gold"}]}, 20),
        ({"subscriptions": {}}, 20),
    ],
)
def test_a_refused_account_leaves_nothing_behind(
    fake: FakeZuora, raw: Raw, fields: dict[str, object], category: int
) -> None:
    create(fake, accountNumber="TAKEN")
    before = len(fake.state.accounts), len(fake.state.contacts), len(fake.state.invoices)

    reply = raw.send("POST", "/v1/accounts", {"name": "Acme", "billToContact": person()} | fields)

    assert (reply.status, reply.code % 100) == (400, category)
    assert (len(fake.state.accounts), len(fake.state.contacts), len(fake.state.invoices)) == before


def test_other_contacts_of_the_account_can_take_the_roles(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake)
    new = raw.send("POST", "/v1/contacts", person(firstName="Mary") | {"accountId": made["accountId"]}).body["id"]

    reply = raw.send("PUT", f"/v1/accounts/{made['accountNumber']}", {"soldToContactId": new})

    assert reply.body == {"success": True}
    body = raw.send("GET", f"/v1/accounts/{made['accountId']}").body
    assert (body["soldToContact"]["id"], body["billToContact"]["id"]) == (new, made["billToContactId"])


def test_a_contact_of_another_account_cannot_take_a_role(fake: FakeZuora, raw: Raw) -> None:
    made, other = create(fake), create(fake)

    reply = raw.send("PUT", f"/v1/accounts/{made['accountId']}", {"soldToContactId": other["soldToContactId"]})

    assert reply.code == 51500020


def test_generated_numbers_avoid_given_ones(fake: FakeZuora) -> None:
    create(fake, accountNumber="A00000002")

    assert create(fake)["accountNumber"] == "A00000003"


def test_contacts_of_a_draft_are_not_edited_through_it(fake: FakeZuora, raw: Raw) -> None:
    draft = fake.do("POST", "/v1/accounts", {"name": "Draft"})

    reply = raw.send("PUT", f"/v1/accounts/{draft['accountId']}", {"billToContact": {"city": "Rome"}})

    assert reply.code == 51500030


def test_a_cancelled_account_cannot_be_changed(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, status="Canceled")

    reply = raw.send("PUT", f"/v1/accounts/{made['accountId']}", {"notes": "x"})

    assert (reply.code, reply.body["reasons"][0]["message"]) == (51500030, "Cannot update a cancelled account")


def test_editing_a_contact_through_its_account_edits_the_shared_contact(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake)

    raw.send("PUT", f"/v1/accounts/{made['accountId']}", {"billToContact": {"workEmail": "bill@example.com"}})

    body = raw.send("GET", f"/v1/accounts/{made['accountId']}").body
    assert body["soldToContact"]["workEmail"] == "bill@example.com"
    assert body["billingAndPayment"]["invoiceDeliveryPrefsEmail"] is True


def test_a_refused_change_of_an_account_changes_none_of_its_contacts(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, soldToContact=person())
    before = raw.send("GET", f"/v1/accounts/{made['accountId']}").body

    body = {"notes": "x", "billToContact": {"city": "Rome"}, "soldToContact": {"country": "Atlantis"}}
    assert raw.send("PUT", f"/v1/accounts/{made['accountId']}", body).code % 100 == 20

    assert raw.send("GET", f"/v1/accounts/{made['accountId']}").body == before


def test_subscriptions_come_in_pages_with_the_address_of_the_next(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, subscriptions=[SUBSCRIPTION] + [{}] * 44)
    path = f"/v1/subscriptions/accounts/{made['accountNumber']}"

    first = raw.send("GET", path).body
    second = raw.send("GET", first["nextPage"].removeprefix(fake.url)).body
    last = raw.send("GET", f"{path}?page=2&pageSize=40").body

    assert len(first["subscriptions"]) == len(second["subscriptions"]) == 20
    assert len(last["subscriptions"]) == 5
    assert "nextPage" not in last
    assert first["subscriptions"][0]["TurnOnAutoRenew__c"] == "Yes"
    assert not {item["id"] for item in first["subscriptions"]} & {item["id"] for item in second["subscriptions"]}
    assert raw.send("GET", f"{path}?pageSize=41").code == 50000027


def test_payment_methods_stand_in_one_array_per_type(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, paymentMethods=[CARD, ACH])

    body = raw.send("GET", f"/v1/accounts/{made['accountId']}/payment-methods").body

    assert body["creditcard"][0]["cardNumber"] == "************1111"
    assert body["ach"][0]["bankName"] == "A Bank"
    assert body["defaultPaymentMethodId"] == body["creditcard"][0]["id"]
    assert "debitcard" not in body


def test_billing_documents_and_the_balance_follow_the_invoices(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, invoices=[{"amount": 100.5, "balance": 0}, {"amount": 20, "invoiceNumber": "INV-2"}])

    documents = raw.send("GET", f"/v1/billing-documents?accountId={made['accountId']}").body["documents"]
    account = raw.send("GET", f"/v1/accounts/{made['accountId']}").body

    assert [(item["amount"], item["balance"]) for item in documents] == [(100.5, 0.0), (20.0, 20.0)]
    assert documents[1]["documentNumber"] == "INV-2"
    assert account["metrics"]["balance"] == 20.0
    assert raw.send("GET", "/v1/billing-documents").code == 50000023


def test_the_summary_shows_the_six_newest_subscriptions(fake: FakeZuora, raw: Raw) -> None:
    made = create(fake, subscriptions=[{"subscriptionNumber": f"S{n}"} for n in range(8)], invoices=[{"amount": 5}])

    body = raw.send("GET", f"/v1/accounts/{made['accountId']}/summary?excludeUsage=true").body

    assert [item["subscriptionNumber"] for item in body["subscriptions"]] == ["S7", "S6", "S5", "S4", "S3", "S2"]
    assert body["invoices"][0]["amount"] == 5.0
    assert "usage" not in body
