"""Adds a contact that only Zuora knows, by its Zuora id (R53)."""

import logging
from dataclasses import replace

from chalicelib import ids
from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact
from chalicelib.domain.errors import Changed, ZuoraContactNotFound, ZuoraUnavailable
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import new_event, stream_of_contact
from chalicelib.domain.zuora_records import ZuoraContact
from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.operations.zuora import zuora_mapping
from chalicelib.store import accounts, contacts, history, idempotency, reading
from chalicelib.store.idempotency import DoneBefore
from chalicelib.store.transaction import commit

logger = logging.getLogger(__name__)


@frozen
class Added:
    """The contact with its account, if that is here; ``known_before`` says that nothing was done.

    ``replayed`` repeats an earlier answer, with the contact as it is now.
    """

    contact: Contact
    account: Account | None
    known_before: bool
    replayed: bool = False


def add_contact(desk: Desk, contact_id: str, *, zuora: Zuora, context: Context) -> Added:
    """Takes over a contact with all its attributes; its account need not be here. A known one stays as it is.

    Refuses: SupportOnly, OwnAccount, ZuoraContactNotFound, ZuoraUnavailable, IdempotencyKeyReused.
    """
    actor, request = desk.actor, context.request

    @retry_on_change
    def write(theirs: ZuoraContact, account_id: str | None, *, context: Context) -> Added:
        now = context.now
        idempotency.meet_any(request, now=now)
        known = _known(contact_id)
        if known is not None:
            return known
        contact = zuora_mapping.copy_of(theirs, account_id, now=now)
        (event_id,) = ids.event_ids(now, 1)
        event = new_event(
            stream_of_contact(contact.id, account_id),
            event_id=event_id,
            event_type=EventType.CONTACT_ADDED,
            at=now,
            actor=actor,
            subject=f"contact:{contact.id}",
            contact_id=contact.id,
            zuora_account_id=theirs.account_id,
            ticket_url=desk.ticket_url,
        )
        commit(
            context.remember(account_id=account_id or contact.id, created_id=contact.id),
            contacts.import_(contact),
            history.record(event),
        )
        return Added(contact, _account(account_id), known_before=False)

    try:
        idempotency.meet_any(request, now=context.now)
        known = _known(contact_id)
        if known is not None:
            return known
        theirs = _fetch(zuora, contact_id)
        account_id = reading.one(accounts.reservation(theirs.account_id)) if theirs.account_id else None
        desk.keep_off(filter(None, [account_id]))
        return write(theirs, account_id, context=context)
    except DoneBefore as done:
        return _replay(done.record.created_id)


def _known(contact_id: str) -> Added | None:
    contact = reading.one(contacts.key(contact_id))
    return None if contact is None else Added(contact, _account(contact.account_id), known_before=True)


def _replay(contact_id: str) -> Added:
    again = _known(contact_id)
    if again is None:
        raise Changed
    return replace(again, known_before=False, replayed=True)


def _account(account_id: str | None) -> Account | None:
    return reading.one(accounts.key(account_id)) if account_id else None


def _fetch(zuora: Zuora, contact_id: str) -> ZuoraContact:
    try:
        return zuora.contact(contact_id)
    except ZuoraNotFound as error:
        raise ZuoraContactNotFound from error
    except (Retryable, Permanent) as error:
        logger.warning("contact refused by Zuora: %s", type(error).__name__)
        raise ZuoraUnavailable from error
