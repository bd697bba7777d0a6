"""Zuora's REST API, as far as this service needs it: accounts, their contacts, and three lists to read."""

from chalicelib.clients.zuora.client import Zuora
from chalicelib.clients.zuora.failures import Locked, NotDone, ZuoraNotFound
from chalicelib.clients.zuora.kept import KeptLists
from chalicelib.clients.zuora.pool import new_pool
from chalicelib.clients.zuora.tokens import ZuoraCredentials

__all__ = [
    "KeptLists",
    "Locked",
    "NotDone",
    "Zuora",
    "ZuoraCredentials",
    "ZuoraNotFound",
    "new_pool",
]
