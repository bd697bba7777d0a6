"""Subscriptions, invoices and payment methods from Zuora, for an account's managers (R56, R58)."""

from chalice.app import Blueprint

from chalicelib.api.portal import billing_pages
from chalicelib.api.portal.billing_answers import BillingPage, InvoiceAnswer, PaymentMethodAnswer, SubscriptionsPage
from chalicelib.api.web.fields import PageQuery
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import (
    AccountNotFound,
    DomainError,
    Forbidden,
    ZuoraAccountNotFound,
    ZuoraUnavailable,
)
from chalicelib.domain.permissions import Permission
from chalicelib.operations.billing.list_billing import account_of_manager

bp = Blueprint(__name__)
_ACCOUNT = "/v1/billing-accounts/{account_id}"
_REFUSALS: list[type[DomainError]] = [
    AccountNotFound, ZuoraAccountNotFound, ZuoraUnavailable, Forbidden,
]  # fmt: skip


@endpoint(
    bp,
    "GET",
    _ACCOUNT + "/subscriptions",
    tag="billing",
    answers=SubscriptionsPage,
    refusals=_REFUSALS,
)
def list_subscriptions(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's subscriptions, as Zuora has them; at most half a minute old."""
    return Response(
        billing_pages.subscriptions(_of_manager(request, account_id, Permission.VIEW_SUBSCRIPTIONS), query, request.now)
    )


@endpoint(
    bp,
    "GET",
    _ACCOUNT + "/invoices",
    tag="billing",
    answers=BillingPage[InvoiceAnswer],
    refusals=_REFUSALS,
)
def list_invoices(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's posted invoices, as Zuora has them; at most half a minute old."""
    account = _of_manager(request, account_id, Permission.VIEW_INVOICES)
    return Response(billing_pages.posted_invoices(account, query))


@endpoint(
    bp,
    "GET",
    _ACCOUNT + "/payment-methods",
    tag="billing",
    answers=BillingPage[PaymentMethodAnswer],
    refusals=_REFUSALS,
)
def list_payment_methods(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's payment methods, with masked numbers; at most half a minute old."""
    return Response(
        billing_pages.payment_methods(_of_manager(request, account_id, Permission.VIEW_PAYMENT_METHODS), query)
    )


def _of_manager(request: Request, account_id: str, permission: Permission) -> Account:
    return account_of_manager(request.person, account_id, permission, now=request.now)
