"""Subscriptions, invoices and payment methods of an account, read through from Zuora (R56)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from chalicelib.clients.failures import Permanent, Retryable
from chalicelib.clients.zuora import Page, ZuoraNotFound
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import AccountNotFound, Invalid, ZuoraAccountNotFound, ZuoraUnavailable
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import enter
from chalicelib.operations.support import Reader
from chalicelib.store import accounts, reading

logger = logging.getLogger(__name__)

T = TypeVar("T")

SOON = timedelta(seconds=30)

Fetch = Callable[[str, str], Page[T]]
"""Gives a page of a Zuora account's list as Zuora cuts it, by its key; the first one's key is empty."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A part of a list as it was asked for, and where the next one begins; None at the end."""

    account: Account
    items: list[T]
    next_position: str | None


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


def part_of_list(account: Account, fetch: Fetch[T], *, position: str | None, limit: int) -> Listed[T]:
    """Up to ``limit`` items from a position on, over as many of Zuora's pages as that takes.

    Refuses: ZuoraUnavailable with the time to wait, ZuoraAccountNotFound when the account is gone there.
    """
    offset, key = _place(position)
    items: list[T] = []
    while True:
        page = _fetched(fetch, account.zuora_account_id, key)
        rest = list(page.items)[offset:]
        room = limit - len(items)
        items += rest[:room]
        if len(rest) > room:
            return Listed(account, items, f"{offset + room}|{key}")
        if page.next_cursor is None:
            return Listed(account, items, None)
        offset, key = 0, page.next_cursor
        if len(items) == limit:
            return Listed(account, items, f"0|{key}")


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
        wait = timedelta(seconds=error.retry_after) if error.retry_after else SOON
        raise ZuoraUnavailable(retry_after=wait) from error
    except Permanent as error:
        logger.error("a list was refused by Zuora: %s", error.code)  # noqa: TRY400 -- its text may quote people
        raise ZuoraUnavailable(retry_after=SOON) from error
