"""The lists of an account that are read through from Zuora."""

from datetime import date
from decimal import Decimal

from chalicelib.clients.zuora import Zuora
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
    assert (plan.name, plan.product_name, plan.quantity) == ("Premium", "Portal", Decimal(20))


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

    assert [str(request["query"]).rpartition("=")[2] for request in fake.requests[1:]] == ["40", "50"]


def test_payment_methods_show_the_last_digits_only(zuora: Zuora, made: dict[str, str]) -> None:
    """R56."""
    card, ach = zuora.payment_methods("ACC-1")

    assert (card.type, card.card_type, card.holder, card.is_default) == ("creditcard", "Visa", "Ada Lovelace", True)
    assert (card.card_number, card.expiration_month, card.expiration_year) == ("************1111", 8, 2030)
    assert (ach.type, ach.bank_name, ach.holder, ach.is_default) == ("ach", "A Bank", "Acme Inc", False)
    assert (ach.bank_account_number, ach.bank_routing_number) == ("********4321", "*****6789")
    assert (ach.bank_account_type, ach.card_number, ach.expiration_year) == ("BusinessChecking", "", None)
