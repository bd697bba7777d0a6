"""Zuora's lists, cached for half a minute in this process, so that paging back and forth calls Zuora once."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from chalicelib.clients.zuora.client import LARGEST_QUERY_PAGE, LARGEST_SUBSCRIPTION_PAGE, Zuora
from chalicelib.domain.zuora_lists import Page, ZuoraInvoice, ZuoraPaymentMethod, ZuoraSubscription

T = TypeVar("T")

KEEP_SECONDS = 30.0
MOST_PAGES = 500


class KeptLists:
    """The lists of accounts, page by page as Zuora cuts them. Failures are never kept."""

    def __init__(self, zuora: Zuora, clock: Callable[[], float] = time.monotonic) -> None:
        self._zuora = zuora
        self._clock = clock
        self._pages: OrderedDict[tuple[str, str, str], tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def subscriptions(self, account_id: str, key: str) -> Page[ZuoraSubscription]:
        """A page of subscriptions; the first one's key is empty."""
        number = int(key or 1)
        return self._kept(
            ("subscriptions", account_id, key),
            lambda: self._zuora.subscriptions(account_id, page=number, page_size=LARGEST_SUBSCRIPTION_PAGE),
        )

    def invoices(self, account_id: str, key: str) -> Page[ZuoraInvoice]:
        """A page of invoices; the first one's key is empty."""
        return self._kept(
            ("invoices", account_id, key),
            lambda: self._zuora.invoices(account_id, cursor=key or None, page_size=LARGEST_QUERY_PAGE),
        )

    def payment_methods(self, account_id: str, key: str) -> Page[ZuoraPaymentMethod]:
        """All payment methods: Zuora gives them at once."""
        return self._kept(
            ("payment_methods", account_id, key),
            lambda: self._zuora.payment_methods(account_id),
        )

    def _kept(self, key: tuple[str, str, str], fetch: Callable[[], T]) -> T:
        with self._lock:
            known = self._pages.get(key)
            if known is not None and self._clock() - known[0] < KEEP_SECONDS:
                page: T = known[1]
                return page
        fresh = fetch()
        with self._lock:
            self._pages[key] = (self._clock(), fresh)
            self._pages.move_to_end(key)
            while len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)
        return fresh
