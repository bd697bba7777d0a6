"""The shapes of what is read through from Zuora: subscriptions, invoices, payment methods."""

import datetime as dt
from typing import Generic, Literal, TypeVar

from chalicelib.api.web.schemas import AnswerModel

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
