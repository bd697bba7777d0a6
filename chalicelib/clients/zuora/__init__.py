"""Zuora's REST API, as far as this service needs it: accounts, their contacts, and three lists to read."""

from chalicelib.clients.zuora.client import Zuora
from chalicelib.clients.zuora.failures import ZuoraNotFound
from chalicelib.clients.zuora.records import (
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
]
