"""An account's lists that are read from Zuora on request."""

from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from devstack.zuora import FakeZuora


def test_subscriptions_come_in_pages(zuora: Zuora, made: dict[str, str]) -> None:
    """R56."""
    first = zuora.subscriptions(made["accountId"], page=1, page_size=2)
    last = zuora.subscriptions("ACC-1", page=2, page_size=2)

    assert (len(first.items), first.next_cursor) == (2, "2")
    assert (len(last.items), last.next_cursor) == (1, None)
    annual = first.items[0]
    assert (annual.number, annual.status, annual.term_type) == ("A-S1", "Active", "TERMED")
    assert (annual.starts_on, annual.ends_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert annual.auto_renew is True
    assert annual.custom == {"TurnOnCloudLicensing__c": "Yes"}
    (plan,) = annual.rate_plans
    assert (plan.name, plan.product_name, plan.is_removed) == ("Premium", "Portal", False)
    segments = [segment for charge in plan.charges for segment in charge.segments]
    assert [segment.quantity for segment in segments] == [Decimal(20), Decimal(1), None]
    assert {(segment.starts_on, segment.ends_on) for segment in segments} == {(date(2026, 1, 1), date(2026, 12, 31))}


def test_invoices_come_in_pages(zuora: Zuora, made: dict[str, str]) -> None:
    """R56."""
    first = zuora.invoices(made["accountId"], cursor=None, page_size=2)
    last = zuora.invoices(made["accountId"], cursor=first.next_cursor, page_size=2)

    assert [invoice.amount for invoice in first.items] == [Decimal("100.1"), Decimal("59.99")]
    assert [invoice.is_paid for invoice in first.items] == [True, False]
    assert first.items[1].currency == "EUR"
    assert [invoice.balance for invoice in last.items] == [Decimal(1)]
    assert last.next_cursor is None


def test_pages_are_never_larger_than_zuora_allows(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    zuora.subscriptions(made["accountId"], page=1, page_size=100)
    zuora.invoices(made["accountId"], cursor=None, page_size=100)

    queries = [dict(parse_qsl(request["query"])) for request in fake.requests[1:]]
    assert [query["pageSize"] for query in queries] == ["40", "50"]


def test_payment_methods_show_the_last_digits_only(zuora: Zuora, made: dict[str, str]) -> None:
    """R56."""
    card, ach = zuora.payment_methods("ACC-1").items

    assert (card.type, card.card_type, card.holder, card.is_default) == ("creditcard", "Visa", "Ada Lovelace", True)
    assert (card.card_number, card.expiration_month, card.expiration_year) == ("************1111", 8, 2030)
    assert (ach.type, ach.bank_name, ach.holder, ach.is_default) == ("ach", "A Bank", "Acme Inc", False)
    assert (ach.bank_account_number, ach.bank_routing_number) == ("********4321", "*****6789")
    assert (ach.bank_account_type, ach.card_number, ach.expiration_year) == ("BusinessChecking", "", None)


def test_one_invoice_is_found_by_its_number_whatever_its_status(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str]
) -> None:
    """R62: number, date and status are looked up; a draft or a cancelled invoice is found with its status."""
    invoices = [
        {"invoiceNumber": f"INV-{status}", "invoiceDate": "2026-03-01", "status": status}
        for status in ("Posted", "Draft", "Canceled")
    ]
    other = fake.do("POST", "/v1/accounts", {"name": "Other", "invoices": invoices})["accountId"]

    found = [zuora.invoice(other, number) for number in ("INV-Posted", "INV-Draft", "INV-Canceled")]

    assert [(each.status, each.is_posted, each.invoice_date) for each in found if each] == [
        ("Posted", True, date(2026, 3, 1)),
        ("Draft", False, date(2026, 3, 1)),
        ("Canceled", False, date(2026, 3, 1)),
    ]
    assert zuora.invoice(made["accountId"], "INV-Posted") is None


@pytest.mark.parametrize("number", ["INV-unknown", "", "..", ".", "/", " ", "a/b", "x" * 300, "INV\ud83d1", "a\nb"])
def test_an_invalid_invoice_number_is_not_found(zuora: Zuora, made: dict[str, str], number: str) -> None:
    """R62: a text that cannot be a number never leads to another path of Zuora's."""
    assert zuora.invoice(made["accountId"], number) is None


def test_an_invoices_own_id_is_not_its_number(zuora: Zuora, made: dict[str, str]) -> None:
    """R62."""
    (first, *_) = zuora.invoices(made["accountId"], cursor=None, page_size=1).items

    assert zuora.invoice(made["accountId"], first.id) is None
    assert zuora.invoice(made["accountId"], first.number.lower()) in {None, first}
    assert zuora.invoice(made["accountId"], first.number) == first


def test_a_subscription_says_whose_it_is_and_who_gets_its_invoices(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str]
) -> None:
    """R58, R62: bought from a reseller, the invoices go to another account."""
    own = {"subscriptionNumber": "A-S8"}
    resold = {"subscriptionNumber": "A-S9", "invoiceOwnerAccountNumber": "ACC-1"}
    body = {"name": "Customer", "accountNumber": "ACC-9", "subscriptions": [own, resold]}
    customer = fake.do("POST", "/v1/accounts", body)["accountId"]

    first, second = zuora.subscription("A-S8"), zuora.subscription("A-S9")

    assert (first.account_id, first.account_number) == (second.account_id, second.account_number) == (customer, "ACC-9")
    assert first.invoice_owner
    assert second.invoice_owner
    assert (first.invoice_owner.id, second.invoice_owner.id) == (customer, made["accountId"])
    assert (second.invoice_owner.number, second.invoice_owner.name) == ("ACC-1", "Acme")
    assert not first.is_paid_by_another(customer, "ACC-9")
    assert second.is_paid_by_another(customer, "ACC-9")
    assert zuora.subscription(second.id) == second


@pytest.mark.parametrize("key", ["A-S404", "..", ""])
def test_an_unknown_subscription_is_not_found(zuora: Zuora, key: str) -> None:
    """R62."""
    with pytest.raises(ZuoraNotFound):
        zuora.subscription(key)
