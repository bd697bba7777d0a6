"""Pages of subscriptions, invoices and payment methods, for managers and for the support desk (R56, R58)."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from chalicelib import observability, settings, wiring
from chalicelib.api.portal import billing_answers
from chalicelib.api.portal.billing_answers import (
    BillingPage,
    InvoiceAnswer,
    PaymentMethodAnswer,
    SubscriptionAnswer,
    SubscriptionsPage,
)
from chalicelib.api.web import cursors
from chalicelib.api.web.fields import PageQuery
from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.zuora_lists import ZuoraSubscription
from chalicelib.operations.billing import count_seats
from chalicelib.operations.billing import list_billing as lists
from chalicelib.operations.billing.list_billing import Fetch, Listed

T = TypeVar("T")
Shape = TypeVar("Shape", bound=BaseModel)


def subscriptions(account: Account, query: PageQuery, now: datetime) -> SubscriptionsPage:
    """A page of subscriptions, each with what its seats say today."""
    current = settings.current()

    def shape(each: ZuoraSubscription) -> SubscriptionAnswer:
        standing = count_seats.standing(each, current.zuora_seat_charges, today=now.date())
        return billing_answers.subscription(each, standing, account, current.zuora_subscription_fields)

    found, next_cursor = _part(account, "subscriptions", wiring.kept_lists().subscriptions, query)
    return SubscriptionsPage(
        data=[shape(each) for each in found.items],
        next_cursor=next_cursor,
        unreadable=found.unreadable,
        hint=billing_answers.RESELLER_HINT if account.channel is Channel.RESELLER else None,
    )


def posted_invoices(account: Account, query: PageQuery) -> BillingPage[InvoiceAnswer]:
    """A page of what the customer owes or has paid: no drafts, nothing cancelled."""
    return _page(account, "posted invoices", lists.posted(wiring.kept_lists().invoices), billing_answers.invoice, query)


def all_invoices(account: Account, query: PageQuery) -> BillingPage[InvoiceAnswer]:
    """A page of invoices of every status."""
    return _page(account, "invoices", wiring.kept_lists().invoices, billing_answers.invoice, query)


def payment_methods(account: Account, query: PageQuery) -> BillingPage[PaymentMethodAnswer]:
    """A page of payment methods, with masked numbers."""
    return _page(account, "payment methods", wiring.kept_lists().payment_methods, billing_answers.payment_method, query)


def _page(
    account: Account, name: str, fetch: Fetch[T], shape: Callable[[T], Shape], query: PageQuery
) -> BillingPage[Shape]:
    found, next_cursor = _part(account, name, fetch, query)
    shown: list[Shape] = [shape(each) for each in found.items]
    return BillingPage[Shape](data=shown, next_cursor=next_cursor, unreadable=found.unreadable)


def _part(account: Account, name: str, fetch: Fetch[T], query: PageQuery) -> tuple[Listed[T], str | None]:
    this_list = f"{account.id} {name}"
    position = cursors.position(this_list, query.cursor)
    found = lists.part_of_list(account, fetch, position=position, limit=query.limit)
    if found.unreadable:
        observability.count("UnreadableItems", found.unreadable)
    return found, cursors.made(this_list, found.next_position) if found.next_position else None
