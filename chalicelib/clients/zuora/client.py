"""The Zuora client: one method per call that the service makes."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ValidationError
from urllib3 import PoolManager

from chalicelib.clients.zuora.answers import AccountAnswer, ContactsAnswer, OneContactAnswer
from chalicelib.clients.zuora.failures import ZuoraNotFound
from chalicelib.clients.zuora.fields import contact_body
from chalicelib.clients.zuora.list_answers import (
    InvoiceAnswer,
    InvoicesAnswer,
    PaymentMethodAnswer,
    PaymentMethodsAnswer,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    readable,
)
from chalicelib.clients.zuora.pool import new_pool
from chalicelib.clients.zuora.tokens import Tokens, ZuoraCredentials
from chalicelib.clients.zuora.transport import Request, Transport, short_pause
from chalicelib.domain.contact_limits import REQUIRED
from chalicelib.domain.zuora_lists import Page, ZuoraInvoice, ZuoraPaymentMethod, ZuoraSubscription
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.failures import Retryable

logger = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT", bound=BaseModel)

LARGEST_SUBSCRIPTION_PAGE = 40
LARGEST_QUERY_PAGE = 50  # the documentation allows 99, the models of Zuora's own package 50
ACCOUNT_FILTER = {"contacts": "accountid", "invoices": "accountId"}  # spelled as each is documented
LONGEST_KEY = 255
MOST_CONTACTS = 2000  # per account, says Zuora


class Zuora:
    """Zuora's REST API. Every method raises Retryable or Permanent (ZuoraNotFound where the id is unknown).

    ``credentials`` is called for every new token: once an hour, and when Zuora refuses the present one; it should read
    the secret again each time. Instances are safe to share between threads, and share one token.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Callable[[], ZuoraCredentials],
        version: str = "2025-08-12",
        entity_id: str | None = None,
        pool: PoolManager | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[], None] = short_pause,
    ) -> None:
        url = base_url.rstrip("/")
        pool = pool or new_pool()
        entity = {"Zuora-Entity-Ids": entity_id} if entity_id else {}
        tokens = Tokens(url=url, credentials=credentials, pool=pool, headers=entity, clock=clock)
        headers = {"Zuora-Version": version, **entity}
        self._transport = Transport(url=url, tokens=tokens, pool=pool, headers=headers, pause=pause)

    def account(self, key: str) -> ZuoraAccount:
        """The account with this id or number, with its Bill To and Sold To contacts."""
        answer = self._transport.send(Request("GET", "/v1/accounts/{key}", {"key": key}))
        return _read(AccountAnswer, answer).record()

    def contact(self, contact_id: str) -> ZuoraContact:
        """The contact with this id."""
        answer = self._transport.send(Request("GET", "/v1/contacts/{id}", {"id": contact_id}))
        return _read(OneContactAnswer, answer).record()

    def update_contact(self, contact_id: str, changes: Mapping[str, str]) -> ZuoraContact:
        """Writes these fields and no others (names as in ZuoraContact; "" empties one); the contact as it is then."""
        request = Request("PUT", "/v1/contacts/{id}", {"id": contact_id}, body=contact_body(changes))
        return _read(OneContactAnswer, self._transport.send(request)).record()

    def create_contact(self, account_id: str, fields: Mapping[str, str], *, idempotency_key: str) -> ZuoraContact:
        """A new contact of the account; first and last name are needed.

        With the same key Zuora gives the first answer again for 24 hours, a failure too, whatever the fields.
        """
        given = contact_body(dict.fromkeys(REQUIRED, "") | dict(fields))
        body = {"accountId": account_id} | {name: value for name, value in given.items() if value}
        request = Request("POST", "/v1/contacts", body=body, idempotency_key=idempotency_key)
        return _read(OneContactAnswer, self._transport.send(request)).record()

    def scrub_contact(self, contact_id: str) -> None:
        """Overwrites what is personal in a contact, permanently; whoever calls this has asked twice."""
        self._transport.send(Request("PUT", "/v1/contacts/{id}/scrub", {"id": contact_id}, body={}))

    def set_account_contacts(self, account_id: str, *, sold_to: str | None = None, bill_to: str | None = None) -> None:
        """Makes contacts of the account (by id) its Sold To, its Bill To, or both. Cancelled accounts are refused."""
        wanted = {"soldToContactId": sold_to, "billToContactId": bill_to}
        body = {name: contact_id for name, contact_id in wanted.items() if contact_id is not None}
        if not all(body.values()) or not body:
            raise ValueError("sold_to or bill_to is needed")
        self._transport.send(Request("PUT", "/v1/accounts/{key}", {"key": account_id}, body=body))

    def contacts_of(self, account_id: str) -> list[ZuoraContact]:
        """All contacts of the account (its id, not its number)."""
        found: list[ZuoraContact] = []
        cursor, seen = "", set[str]()
        while len(found) <= MOST_CONTACTS:
            answer = _read(ContactsAnswer, self._query("contacts", account_id, cursor, LARGEST_QUERY_PAGE))
            found += [contact.record() for contact in answer.data]
            seen.add(cursor)
            cursor = answer.next_page
            if not cursor:
                return found
            if not answer.data or cursor in seen:
                break
        raise Retryable("Zuora's list of contacts does not end")

    def subscriptions(self, account_key: str, *, page: int, page_size: int) -> Page[ZuoraSubscription]:
        """A page of the account's subscriptions, from 1, each charge with all of its segments; at most 40 at once."""
        query = [
            ("page", str(page)),
            ("pageSize", str(min(page_size, LARGEST_SUBSCRIPTION_PAGE))),
            ("charge-detail", "all-segments"),
        ]
        request = Request("GET", "/v1/subscriptions/accounts/{key}", {"key": account_key}, query)
        answer = _read(SubscriptionsAnswer, self._transport.send(request))
        items, unreadable = readable(SubscriptionAnswer, answer.subscriptions)
        following = _following_page(answer.next_page, page) if answer.next_page else None
        return Page(tuple(item.record() for item in items), following, unreadable, not answer.subscriptions)

    def invoices(self, account_id: str, *, cursor: str | None, page_size: int) -> Page[ZuoraInvoice]:
        """A page of the account's invoices (by id, not number), from the start without a cursor; at most 50 at once."""
        answer = _read(InvoicesAnswer, self._query("invoices", account_id, cursor or "", page_size))
        items, unreadable = readable(InvoiceAnswer, answer.data)
        return Page(tuple(item.record() for item in items), answer.next_page or None, unreadable, not answer.data)

    def subscription(self, key: str) -> ZuoraSubscription:
        """The subscription with this id or number, which says whose it is and which account gets its invoices."""
        if not _may_be_a_key(key):
            raise ZuoraNotFound("not_a_key", "This cannot be a subscription's id or number.")
        query = [("charge-detail", "all-segments")]
        answer = self._transport.send(Request("GET", "/v1/subscriptions/{key}", {"key": key}, query))
        return _read(SubscriptionAnswer, answer).record()

    def invoice(self, account_id: str, number: str) -> ZuoraInvoice | None:
        """The invoice with this number (in any case), drafts and cancelled ones too; None if this account has none."""
        if not _may_be_a_key(number):
            return None
        try:
            answer = self._transport.send(Request("GET", "/object-query/invoices/{key}", {"key": number}))
        except ZuoraNotFound:
            return None
        found = _read(InvoiceAnswer, answer).record()
        is_it = found.account_id == account_id and found.number.casefold() == number.casefold()
        return found if is_it else None

    def payment_methods(self, account_key: str) -> Page[ZuoraPaymentMethod]:
        """The account's payment methods, of all types: Zuora gives them at once."""
        answer = self._transport.send(Request("GET", "/v1/accounts/{key}/payment-methods", {"key": account_key}))
        found: list[ZuoraPaymentMethod] = []
        left_out = 0
        for kind, methods in _read(PaymentMethodsAnswer, {"byType": answer}).by_type.items():
            items, unreadable = readable(PaymentMethodAnswer, methods)
            found += [item.record(kind) for item in items]
            left_out += unreadable
        return Page(tuple(found), None, left_out)

    def _query(self, kind: str, account_id: str, cursor: str, page_size: int) -> dict[str, Any]:
        if not account_id:
            raise ValueError("an account's id is needed")
        query = [
            ("filter[]", f"{ACCOUNT_FILTER[kind]}.EQ:{account_id}"),
            ("pageSize", str(min(page_size, LARGEST_QUERY_PAGE))),
        ]
        query += [("cursor", cursor)] if cursor else []
        return self._transport.send(Request("GET", f"/object-query/{kind}", query=query))


def _following_page(url: str, page: int) -> str:
    """The number of the page after this one; a URL that leads anywhere else does not go on: Retryable."""
    named = parse_qs(urlsplit(url).query).get("page", [str(page + 1)])[-1]
    if named != str(page + 1):
        raise Retryable("Zuora's list of subscriptions does not go on")
    return named


def _may_be_a_key(text: str) -> bool:
    """Whether it can stand in a path; dots alone would lead to another one, half a character nowhere."""
    return len(text) <= LONGEST_KEY and text.isprintable() and any(character.isalnum() for character in text)


def _read(model: type[AnswerT], answer: dict[str, Any]) -> AnswerT:
    try:
        return model.model_validate(answer)
    except ValidationError as problem:
        places = [".".join(map(str, error["loc"])) for error in problem.errors(include_input=False)]
    logger.error("zuora %s cannot be read at %s", model.__name__, places)
    raise Retryable("Zuora's answer cannot be read")
