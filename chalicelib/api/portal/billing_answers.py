"""Answers about subscriptions, invoices and payment methods."""

import datetime as dt
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from chalicelib.api.web.answers import AnswerModel
from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.subscriptions import owed_seats, switch, whole_number
from chalicelib.domain.zuora_lists import ZuoraInvoice, ZuoraPaymentMethod, ZuoraSubscription
from chalicelib.operations.billing.count_seats import Standing

T = TypeVar("T")


class SubscriptionAnswer(AnswerModel):
    """A subscription. What Zuora does not provide is null; ``changes_through`` says who changes it.

    ``plan`` is the plan with seats that it has now, and ``plan_since`` the day on which that began. Where it replaced
    another one in mid-term, ``start_date`` is that day; else the first of the term.
    """

    id: str
    name: str
    type: str | None
    product: str | None
    plan: str | None
    plan_since: dt.date | None
    status: str
    start_date: dt.date | None
    end_date: dt.date | None
    seats: int | None
    max_seats_used: int | None
    owed_seats: int | None
    cloud_licensing: bool | None
    operational_metrics: bool | None
    quarterly_coterms: bool | None
    auto_renew: bool | None
    changes_through: Literal["portal", "reseller"]


class BillingPage(AnswerModel, Generic[T]):
    """One page of what Zuora lists; ``unreadable`` counts the items on it that could not be read, and are left out."""

    data: list[T]
    next_cursor: str | None
    unreadable: int


class SubscriptionsPage(BillingPage[SubscriptionAnswer]):
    """One page of subscriptions; ``hint`` points customers of a reseller to their reseller."""

    hint: str | None


class InvoiceAnswer(AnswerModel):
    """An invoice; amounts are decimal texts in ``currency``.

    ``status`` is Zuora's: managers are shown posted ones only, support also drafts, cancelled ones and others.
    """

    id: str
    number: str
    date: dt.date | None
    due_date: dt.date | None
    amount: str | None
    balance: str | None
    currency: str
    status: str
    payment_status: Literal["paid", "partially_paid", "unpaid"]


class PaymentMethodAnswer(AnswerModel):
    """A way to pay: a card, a bank account, or another one; all numbers are masked but for their last digits."""

    id: str
    type: str
    kind: Literal["card", "bank_account", "other"]
    status: str
    is_default: bool
    name: str
    card_type: str | None
    last_digits: str | None
    expires: str | None
    routing_number: str | None
    account_number: str | None
    account_type: str | None
    bank_name: str | None


RESELLER_HINT = (
    "You bought these subscriptions from a reseller. To change one of them, please ask your reseller; "
    "contacts and managers you manage here yourself."
)


_CARDS = frozenset({"creditcard", "creditcardreferencetransaction", "debitcard"})


_BANKS = frozenset({"ach", "achreferencetransaction", "banktransfer"})


def subscription(
    record: ZuoraSubscription, now: Standing, account: Account, fields: Mapping[str, str]
) -> SubscriptionAnswer:
    """A subscription as it is now; ``fields`` are the names of the tenant's custom fields by what they are to us."""
    custom = {ours: record.custom.get(theirs) for ours, theirs in fields.items()}
    used = whole_number(custom.get("max_seats_used"))
    renews = switch(custom.get("auto_renew"))
    return SubscriptionAnswer(
        id=record.id,
        name=record.number,
        type=str(custom["type"]) if custom.get("type") else None,
        product=", ".join(now.products) or None,
        plan=now.plan,
        plan_since=now.plan_since,
        status=record.status,
        start_date=_later(record.starts_on, now.plan_since),
        end_date=record.ends_on,
        seats=now.seats,
        max_seats_used=used,
        owed_seats=owed_seats(seats=now.seats, max_seats_used=used),
        cloud_licensing=switch(custom.get("cloud_licensing")),
        operational_metrics=switch(custom.get("operational_metrics")),
        quarterly_coterms=switch(custom.get("quarterly_coterms")),
        auto_renew=record.auto_renew if renews is None else renews,
        changes_through="reseller" if account.channel is Channel.RESELLER else "portal",
    )


def invoice(record: ZuoraInvoice) -> InvoiceAnswer:
    """An invoice."""
    return InvoiceAnswer(
        id=record.id,
        number=record.number,
        date=record.invoice_date,
        due_date=record.due_date,
        amount=_money(record.amount),
        balance=_money(record.balance),
        currency=record.currency,
        status=record.status,
        payment_status=_payment_status(record),
    )


def payment_method(record: ZuoraPaymentMethod) -> PaymentMethodAnswer:
    """A payment method."""
    is_card, is_bank = record.type.lower() in _CARDS, record.type.lower() in _BANKS
    expires = None
    if record.expiration_year is not None and record.expiration_month is not None:
        expires = f"{record.expiration_year:04}-{record.expiration_month:02}"
    return PaymentMethodAnswer(
        id=record.id,
        type=record.type,
        kind="card" if is_card else "bank_account" if is_bank else "other",
        status=record.status,
        is_default=record.is_default,
        name=record.holder,
        card_type=record.card_type or None,
        last_digits=record.card_number[-4:] or None,
        expires=expires,
        routing_number=record.bank_routing_number or None,
        account_number=record.bank_account_number or None,
        account_type=record.bank_account_type or None,
        bank_name=record.bank_name or None,
    )


def _later(term: date | None, plan: date | None) -> date | None:
    """When the plan began, if that was in mid-term."""
    return plan if term is not None and plan is not None and plan > term else term


def _payment_status(record: ZuoraInvoice) -> Literal["paid", "partially_paid", "unpaid"]:
    """Zuora has none of its own: nothing left to pay means paid."""
    if record.is_paid:
        return "paid"
    if record.balance is not None and record.amount is not None and record.balance < record.amount:
        return "partially_paid"
    return "unpaid"


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
