"""Subscriptions, invoices and payment methods from Zuora, for the support desk (R56, R58)."""

from chalice.app import Blueprint

from chalicelib.api.portal import billing_pages
from chalicelib.api.portal.billing_answers import BillingPage, InvoiceAnswer, PaymentMethodAnswer, SubscriptionsPage
from chalicelib.api.support.agents import PATH, reader
from chalicelib.api.web.fields import PageQuery
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import (
    AccountNotFound,
    DomainError,
    SupportOnly,
    ZuoraAccountNotFound,
    ZuoraUnavailable,
)
from chalicelib.operations.billing.list_billing import account_of_support

bp = Blueprint(__name__)
_ACCOUNT = PATH + "/billing-accounts/{account_id}"
_REFUSALS: list[type[DomainError]] = [AccountNotFound, ZuoraAccountNotFound, ZuoraUnavailable, SupportOnly]


@endpoint(
    bp,
    "GET",
    _ACCOUNT + "/subscriptions",
    tag="support",
    answers=SubscriptionsPage,
    refusals=_REFUSALS,
)
def support_list_subscriptions(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's subscriptions, for support."""
    return Response(billing_pages.subscriptions(_of_support(request, account_id), query, request.now))


@endpoint(
    bp,
    "GET",
    _ACCOUNT + "/invoices",
    tag="support",
    answers=BillingPage[InvoiceAnswer],
    refusals=_REFUSALS,
)
def support_list_invoices(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's invoices, for support: drafts and cancelled ones too, each with its status."""
    account = _of_support(request, account_id)
    return Response(billing_pages.all_invoices(account, query))


@endpoint(
    bp,
    "GET",
    _ACCOUNT + "/payment-methods",
    tag="support",
    answers=BillingPage[PaymentMethodAnswer],
    refusals=_REFUSALS,
)
def support_list_payment_methods(request: Request, account_id: str, query: PageQuery) -> Response:
    """The account's payment methods, for support."""
    return Response(billing_pages.payment_methods(_of_support(request, account_id), query))


def _of_support(request: Request, account_id: str) -> Account:
    return account_of_support(reader(request), account_id)
