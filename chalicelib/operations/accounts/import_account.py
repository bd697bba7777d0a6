"""Imports a billing account from Zuora, with its contacts and its first manager (R53)."""

import logging
from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.contacts import Contact
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    AlreadyManager,
    Changed,
    HouseAddress,
    LoginDeactivated,
    MembershipLimitReached,
    ZuoraAccountNotFound,
    ZuoraUnavailable,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import account_stream, new_event
from chalicelib.domain.memberships import Membership, Origin, OriginKind, Role
from chalicelib.domain.people import Actor
from chalicelib.domain.texts import cleaned
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen
from chalicelib.operations import support
from chalicelib.operations.context import Context
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.operations.zuora import zuora_mapping
from chalicelib.operations.zuora.look_up_channel import channel_of
from chalicelib.operations.zuora.zuora_mapping import ZuoraFields
from chalicelib.operations.zuora.zuora_session import away
from chalicelib.store import accounts, address_locks, contacts, customers, history, idempotency, memberships, reading
from chalicelib.store.idempotency import DoneBefore, Record
from chalicelib.store.transaction import Step, commit

logger = logging.getLogger(__name__)


@frozen
class FirstManager:
    """The customer who becomes the first manager, or why nobody does.

    ``steps`` write the customer, or count one membership more.
    """

    customer: Customer | None
    refused: str | None
    steps: tuple[Step, ...] = ()


@frozen
class Imported:
    """The account with its contacts; ``first_manager`` is empty for one that was known before.

    ``replayed`` repeats an earlier answer, with the copies of Zuora's records as they are now.
    """

    account: Account
    sold_to: Contact | None
    bill_to: Contact | None
    first_manager: FirstManager
    known_before: bool
    replayed: bool = False


@frozen
class _Writing:
    """What is to be written, by whom and for which ticket."""

    account: Account
    theirs: ZuoraAccount
    desk: Desk


def import_account(
    desk: Desk,
    zuora_key: str,
    *,
    zuora: Zuora,
    fields: ZuoraFields,
    context: Context,
) -> Imported:
    """Takes over a Zuora account by its id (or number); its Sold To becomes the first manager, with role admin.

    An account that is here already is answered as it is. When the Sold To cannot become a manager (no
    usable address, an address of the house, login off, too many accounts) the account is imported without one, and
    the answer says why. Refuses: SupportOnly, OwnAddress and OwnRecord (of the Sold To), ZuoraAccountNotFound,
    ZuoraUnavailable, IdempotencyKeyReused.
    """
    support.may_change(desk.person, desk.groups)
    now, limits = context.now, context.limits
    try:
        idempotency.meet_any(context.request, now=now)
        known_id = reading.one(accounts.reservation(zuora_key))
        if known_id is not None:
            return _known(known_id)
        theirs, channel = _fetch(zuora, zuora_key, fields)
        account = zuora_mapping.new_account(theirs, channel=channel, fields=fields, limits=limits, now=now)
        return _write(_Writing(account, theirs, desk), context=context)
    except DoneBefore as done:
        return _replay(done.record)


def _fetch(zuora: Zuora, key: str, fields: ZuoraFields) -> tuple[ZuoraAccount, Channel]:
    try:
        theirs = zuora.account(key)
        return theirs, channel_of(theirs, fields=fields, zuora=zuora)
    except ZuoraNotFound as error:
        raise ZuoraAccountNotFound from error
    except Permanent as error:
        logger.warning("import refused by Zuora: %s", error.code)
        raise ZuoraUnavailable from error
    except Retryable as error:
        logger.warning("import is not possible now: %s", error)
        raise away(error) from error


@retry_on_change
def _write(writing: _Writing, *, context: Context) -> Imported:
    account, theirs, now = writing.account, writing.theirs, context.now
    idempotency.meet_any(context.request, now=now)
    known_id = reading.one(accounts.reservation(account.zuora_account_id))
    if known_id is not None:
        return _known(known_id)
    first = _first_manager(theirs.sold_to, writing.desk, context)
    if first.customer is not None:
        account = replace(account, seats_used=1, manager_count=1, managing_count=1, admin_count=1)
    copies = {
        each.id: zuora_mapping.copy_of(each, account.id, now=now) for each in (theirs.sold_to, theirs.bill_to) if each
    }
    (event_id,) = ids.event_ids(now, 1)
    who_or_why = first.customer.id if first.customer else first.refused or ""
    commit(
        context.remember(account_id=account.id, created_id=who_or_why),
        *accounts.create(account, known=Changed()),
        *(contacts.import_(copy) for copy in copies.values()),
        *first.steps,
        *_membership(account, first.customer, actor=writing.desk.actor, now=now),
        history.record(
            new_event(
                account_stream(account.id),
                event_id=event_id,
                event_type=EventType.ACCOUNT_IMPORTED,
                at=now,
                actor=writing.desk.actor,
                subject=f"account:{account.id}",
                ticket_url=writing.desk.ticket_url,
                zuora_account_id=account.zuora_account_id,
                sold_to_contact_id=account.sold_to_contact_id,
                bill_to_contact_id=account.bill_to_contact_id,
                customer_id=first.customer.id if first.customer else None,
            )
        ),
    )
    return Imported(
        account,
        copies.get(account.sold_to_contact_id or ""),
        copies.get(account.bill_to_contact_id or ""),
        first,
        known_before=False,
    )


def _first_manager(sold_to: ZuoraContact | None, desk: Desk, context: Context) -> FirstManager:
    address = zuora_mapping.address_of(sold_to)
    if sold_to is None or address is None:
        return FirstManager(None, "sold_to_has_no_address")
    try:
        desk.may_give_to(address)
    except HouseAddress as refusal:
        return FirstManager(None, refusal.code)
    customer_id = reading.one(customers.by_address(address))
    if customer_id is None:
        customer = Customer(
            id=ids.customer_id(context.now),
            address=address,
            first_name=cleaned(sold_to.first_name),
            last_name=cleaned(sold_to.last_name),
            identity=None,
            login_activated=True,
            membership_count=1,
            created_at=context.now,
        )
        return FirstManager(customer, None, tuple(customers.create(customer)))
    known = reading.one(customers.key(customer_id))
    if known is None:
        raise Changed
    desk.keep_off_oneself(known)
    most = context.limits.memberships_per_customer
    try:
        rules.can_join(known, most)
    except (LoginDeactivated, MembershipLimitReached) as refusal:
        return FirstManager(None, refusal.code)
    return FirstManager(known, None, (customers.join_account(known, most),))


def _membership(account: Account, customer: Customer | None, *, actor: Actor, now: datetime) -> list[Step]:
    if customer is None:
        return []
    membership = Membership(
        account_id=account.id,
        customer_id=customer.id,
        role=Role.ADMIN,
        origin=Origin(OriginKind.IMPORT, account.zuora_account_id),
        added_by=actor,
        created_at=now,
    )
    hold = address_locks.lock_for_manager(account.id, customer.address, customer.id, instead_of=None)
    return [*memberships.add(membership, taken=AlreadyManager()), hold]


def _known(account_id: str) -> Imported:
    account = reading.one(accounts.key(account_id))
    if account is None:
        raise Changed
    keys = [contacts.key(each or "none") for each in (account.sold_to_contact_id, account.bill_to_contact_id)]
    sold_to, bill_to = reading.many(keys)
    return Imported(account, sold_to, bill_to, FirstManager(None, None), known_before=True)


def _replay(record: Record) -> Imported:
    """The first answer again: the account, and who became its first manager or why nobody did."""
    again = _known(record.account_id)
    customer = reading.one(customers.key(record.created_id))
    first = FirstManager(customer, None if customer else record.created_id)
    return replace(again, first_manager=first, known_before=False, replayed=True)
