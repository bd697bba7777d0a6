"""Zuora's REST API, as far as this service needs it: accounts, their contacts, and three lists to read."""

from chalicelib.clients.zuora.client import Zuora, new_pool
from chalicelib.clients.zuora.failures import Locked, NotDone, ZuoraNotFound
from chalicelib.clients.zuora.kept import KeptLists
from chalicelib.clients.zuora.records import (
    InvoiceOwner,
    Page,
    ZuoraAccount,
    ZuoraContact,
    ZuoraInvoice,
    ZuoraPaymentMethod,
    ZuoraRatePlan,
    ZuoraSubscription,
)
from chalicelib.clients.zuora.tokens import ZuoraCredentials

__all__ = [
    "InvoiceOwner",
    "KeptLists",
    "Locked",
    "NotDone",
    "Page",
    "Zuora",
    "ZuoraAccount",
    "ZuoraContact",
    "ZuoraCredentials",
    "ZuoraInvoice",
    "ZuoraNotFound",
    "ZuoraPaymentMethod",
    "ZuoraRatePlan",
    "ZuoraSubscription",
    "new_pool",
]
