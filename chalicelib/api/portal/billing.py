"""What Zuora lists for an account, for its managers and for the support desk (R56, R58)."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from chalice.app import Blueprint
from pydantic import BaseModel

from chalicelib import observability, settings, wiring
from chalicelib.api.portal import billing_serializers
from chalicelib.api.portal.billing_schemas import (
    BillingPage,
    InvoiceAnswer,
    PaymentMethodAnswer,
    SubscriptionAnswer,
    SubscriptionsPage,
)
from chalicelib.api.support.agents import reader
from chalicelib.api.web import cursors
from chalicelib.api.web.fields import PageQuery
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.clients.zuora import ZuoraSubscription
from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.errors import (
    AccountNotFound,
    DomainError,
    Forbidden,
    LoginDeactivated,
    SupportOnly,
    ZuoraAccountNotFound,
    ZuoraUnavailable,
)
from chalicelib.domain.permissions import Permission
from chalicelib.operations.billing import count_seats
from chalicelib.operations.billing import list_billing as lists
from chalicelib.operations.billing.list_billing import Fetch, Listed

T = TypeVar("T")

bp = Blueprint(__name__)
_MANAGED = "/v1/billing-accounts/{account_id}"
_SUPPORTED = "/v1/support/billing-accounts/{account_id}"
_AWAY: list[type[DomainError]] = [AccountNotFound, ZuoraAccountNotFound, ZuoraUnavailable]
_INVOICE = billing_serializers.invoice
_MANAGER = [*_AWAY, Forbidden, LoginDeactivated]
_SUPPORT = [*_AWAY, SupportOnly]


@endpoint(
    bp,
    "GET",
    _MANAGED + "/subscriptions",
    tag="billing",
    query=PageQuery,
    answers=SubscriptionsPage,
    refusals=_MANAGER,
)
def list_subscriptions(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's subscriptions, as Zuora has them; at most half a minute old."""
    return Response(_subscriptions(_of_manager(request, account_id, Permission.VIEW_SUBSCRIPTIONS), query, request.now))


@endpoint(
    bp,
    "GET",
    _MANAGED + "/invoices",
    tag="billing",
    query=PageQuery,
    answers=BillingPage[InvoiceAnswer],
    refusals=_MANAGER,
)
def list_invoices(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's posted invoices, as Zuora has them; at most half a minute old."""
    account = _of_manager(request, account_id, Permission.VIEW_INVOICES)
    return Response(_page(account, "posted invoices", lists.posted(wiring.kept_lists().invoices), _INVOICE, query))


@endpoint(
    bp,
    "GET",
    _MANAGED + "/payment-methods",
    tag="billing",
    query=PageQuery,
    answers=BillingPage[PaymentMethodAnswer],
    refusals=_MANAGER,
)
def list_payment_methods(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's payment methods, with masked numbers; at most half a minute old."""
    return Response(_payment_methods(_of_manager(request, account_id, Permission.VIEW_PAYMENT_METHODS), query))


@endpoint(
    bp,
    "GET",
    _SUPPORTED + "/subscriptions",
    tag="support",
    query=PageQuery,
    answers=SubscriptionsPage,
    refusals=_SUPPORT,
)
def support_list_subscriptions(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's subscriptions, for support."""
    return Response(_subscriptions(_of_support(request, account_id), query, request.now))


@endpoint(
    bp,
    "GET",
    _SUPPORTED + "/invoices",
    tag="support",
    query=PageQuery,
    answers=BillingPage[InvoiceAnswer],
    refusals=_SUPPORT,
)
def support_list_invoices(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's invoices, for support: drafts and cancelled ones too, each with its status."""
    account = _of_support(request, account_id)
    return Response(_page(account, "invoices", wiring.kept_lists().invoices, _INVOICE, query))


@endpoint(
    bp,
    "GET",
    _SUPPORTED + "/payment-methods",
    tag="support",
    query=PageQuery,
    answers=BillingPage[PaymentMethodAnswer],
    refusals=_SUPPORT,
)
def support_list_payment_methods(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's payment methods, for support."""
    return Response(_payment_methods(_of_support(request, account_id), query))


def _of_manager(request: Request, account_id: str, permission: Permission) -> Account:
    return lists.account_of_manager(request.person, account_id, permission, now=request.now)


def _of_support(request: Request, account_id: str) -> Account:
    return lists.account_of_support(reader(request), account_id)


def _subscriptions(account: Account, query: PageQuery, now: datetime) -> SubscriptionsPage:
    current = settings.current()

    def shape(each: ZuoraSubscription) -> SubscriptionAnswer:
        standing = count_seats.standing(each, current.zuora_seat_charges, today=now.date())
        return billing_serializers.subscription(each, standing, account, current.zuora_subscription_fields)

    found, next_cursor = _part(account, "subscriptions", wiring.kept_lists().subscriptions, query)
    return SubscriptionsPage(
        data=[shape(each) for each in found.items],
        next_cursor=next_cursor,
        unreadable=found.unreadable,
        hint=billing_serializers.RESELLER_HINT if account.channel is Channel.RESELLER else None,
    )


def _payment_methods(account: Account, query: PageQuery) -> BillingPage[PaymentMethodAnswer]:
    return _page(
        account, "payment methods", wiring.kept_lists().payment_methods, billing_serializers.payment_method, query
    )


Shape = TypeVar("Shape", bound=BaseModel)


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
