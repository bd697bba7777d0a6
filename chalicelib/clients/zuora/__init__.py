"""Zuora's REST API, as far as this service needs it: accounts, their contacts, and three lists to read."""

from chalicelib.clients.zuora.client import Zuora
from chalicelib.clients.zuora.failures import Locked, NotDone, ZuoraNotFound
from chalicelib.clients.zuora.kept import KeptLists
from chalicelib.clients.zuora.pool import new_pool
from chalicelib.clients.zuora.records import (
    InvoiceOwner,
    Page,
    ZuoraAccount,
    ZuoraCharge,
    ZuoraContact,
    ZuoraInvoice,
    ZuoraPaymentMethod,
    ZuoraRatePlan,
    ZuoraSegment,
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
    "ZuoraCharge",
    "ZuoraContact",
    "ZuoraCredentials",
    "ZuoraInvoice",
    "ZuoraNotFound",
    "ZuoraPaymentMethod",
    "ZuoraRatePlan",
    "ZuoraSegment",
    "ZuoraSubscription",
    "new_pool",
]
