"""Subscriptions, invoices and payment methods of an account, read through from Zuora (R56)."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Generic, TypeVar

from chalicelib.clients.zuora import ZuoraNotFound
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import AccountNotFound, Invalid, ZuoraAccountNotFound, ZuoraUnavailable
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.domain.zuora_lists import Page, ZuoraInvoice
from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.access import enter
from chalicelib.operations.support import Reader
from chalicelib.operations.zuora.zuora_session import SOON, away
from chalicelib.store import accounts, reading

logger = logging.getLogger(__name__)

T = TypeVar("T")

A_REQUEST_PAGES = 20
"""So many of Zuora's pages one request reads; what it has by then is answered, with a cursor to continue from."""

Fetch = Callable[[str, str], Page[T]]
"""Gives a page of a Zuora account's list as Zuora cuts it, by its key; the first one's key is empty."""


@frozen
class Listed(Generic[T]):
    """A part of a list as it was asked for, and where the next one begins; None at the end.

    ``unreadable`` counts the items of it that are left out because nobody can read them.
    """

    account: Account
    items: list[T]
    next_position: str | None
    unreadable: int


def account_of_manager(person: SignedIn, account_id: str, permission: Permission, *, now: datetime) -> Account:
    """The account, for one of its managers. Refuses: AccountNotFound, Forbidden."""
    return enter(person, account_id, permission, now=now).account


def account_of_support(reader: Reader, account_id: str) -> Account:
    """The account, for both groups of support. Refuses: SupportOnly, AccountNotFound."""
    reader.may_read()
    account = reading.one(accounts.key(account_id))
    if account is None:
        raise AccountNotFound
    return account


def posted(fetch: Fetch[ZuoraInvoice]) -> Fetch[ZuoraInvoice]:
    """Posted invoices only: drafts and cancelled ones are nothing that a customer owes."""

    def fetched(account_key: str, key: str) -> Page[ZuoraInvoice]:
        page = fetch(account_key, key)
        return replace(page, items=[each for each in page.items if each.is_posted], is_empty=page.is_empty)

    return fetched


def part_of_list(account: Account, fetch: Fetch[T], *, position: str | None, limit: int) -> Listed[T]:
    """Up to ``limit`` items from a position on, over as many of Zuora's pages as that takes, within A_REQUEST_PAGES.

    Refuses: ZuoraUnavailable with the time to wait, also when Zuora's pages do not go on; ZuoraAccountNotFound when
    the account is gone there.
    """
    offset, key = _place(position)
    items: list[T] = []
    unreadable, seen = 0, set[str]()
    while True:
        page = _fetched(fetch, account.zuora_account_id, key)
        rest = list(page.items)[offset:]
        room = limit - len(items)
        items += rest[:room]
        unreadable += 0 if offset else page.unreadable
        if len(rest) > room:
            return Listed(account, items, f"{offset + room}|{key}", unreadable)
        if page.next_cursor is None:
            return Listed(account, items, None, unreadable)
        seen.add(key)
        if page.is_empty or page.next_cursor in seen:
            logger.error("a list of zuora's does not go on")
            raise ZuoraUnavailable(retry_after=SOON)
        offset, key = 0, page.next_cursor
        if len(items) == limit or len(seen) == A_REQUEST_PAGES:
            return Listed(account, items, f"0|{key}", unreadable)


def _place(position: str | None) -> tuple[int, str]:
    offset, _, key = (position or "0|").partition("|")
    if not offset.isdigit():
        raise Invalid("cursor", "is not a cursor of this list")
    return int(offset), key


def _fetched(fetch: Fetch[T], zuora_account_id: str, key: str) -> Page[T]:
    try:
        return fetch(zuora_account_id, key)
    except ZuoraNotFound as error:
        raise ZuoraAccountNotFound from error
    except Retryable as error:
        raise away(error) from error
    except Permanent as error:
        logger.error("a list was refused by Zuora: %s", error.code)  # noqa: TRY400 -- its text may quote people
        raise ZuoraUnavailable(retry_after=SOON) from error
