"""Support erases one person: customer, memberships, invitations, our copies of their contacts.

Done in transactions of their own, the customer last: what crashes half-way is completed by repeating the request. The
history names people by ids and pseudonyms, and stays as it is; the values of edits that are kept beside it go.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from chalicelib import ids
from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import Contact
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    Changed,
    CustomerNotFound,
    Invalid,
    StillContact,
    StillContactOfCancelled,
    ZuoraUnavailable,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import account_stream, customer_stream, new_event, stream_of_contact
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.memberships import Membership
from chalicelib.domain.rules import Overrides
from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.customers.find_traces import Traces, find_traces, still_there
from chalicelib.operations.history import edit_values
from chalicelib.operations.invitations.end_invitation import NOTHING, revoke_steps
from chalicelib.operations.managers.remove_manager import ending_of, ending_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.operations.zuora import protection, zuora_mapping
from chalicelib.store import (
    account_contacts,
    accounts,
    contact_sync,
    contacts,
    customers,
    deliveries,
    history,
    invitation_life,
    memberships,
    reading,
    sign_in_links,
)
from chalicelib.store.accounts import Protected
from chalicelib.store.transaction import commit

logger = logging.getLogger(__name__)


@frozen
class Confirmation:
    """The person's address, typed again; and once more where Zuora's contacts are to be scrubbed permanently."""

    address: Address
    scrub_in_zuora: Address | None


@frozen
class Erased:
    """What was done; ``left_in_zuora`` are contacts that Zuora still has."""

    customer_id: str
    erased_at: datetime
    ended_memberships: int
    scrubbed_invitations: int
    removed_contacts: tuple[str, ...]
    left_in_zuora: tuple[str, ...]


@retry_on_change
def erase(desk: Desk, customer_id: str, confirmed: Confirmation, *, zuora: Zuora, context: Context) -> Erased:
    """Forgets a person; their id and a pseudonym stay. Their contacts in Zuora stay too, unless that was confirmed.

    Refuses, before anything is written: SupportOnly, CustomerNotFound, OwnRecord, OwnAccount, Invalid (the address that
    was typed is not theirs), LastManager, StillContact (Sold To or Bill To somewhere,
    unless the account is cancelled in Zuora and the contact is scrubbed there). On the way: ZuoraUnavailable.
    """
    actor, now = desk.actor, context.now
    person = reading.one(customers.key(customer_id))
    if person is None or person.erased_at is not None:
        raise CustomerNotFound
    desk.keep_off_oneself(person)
    desk.keep_off(memberships.accounts_of(person.id) if person.membership_count else ())
    _must_be_confirmed(person, confirmed)
    places = _places(person)
    for account, membership in places:
        if rules.is_last(account, membership.counts_as):
            rules.can_be_removed(account, membership.counts_as, person.addresses)
    hidden = context.pseudonym(person.address)  # it needs its key: without that nothing is begun
    traces = find_traces(person)
    cancelled = _cancelled_places(traces, confirmed, zuora)
    _keep_addresses(person, traces)
    for account, membership in places:
        ending, cause = ending_of(account, membership, person), {"ticket_url": desk.ticket_url}
        overrides = Overrides(contact=account.id in cancelled)
        steps = ending_steps(ending, actor=actor, now=now, overrides=overrides, facts=_why(desk), cause=cause)
        commit(*steps)
    scrubbed = [_forget(each, desk, now) for each in still_there(traces.invitations)]
    edit_values.forget_contacts(traces.streams, traces.addresses)
    for contact in traces.contacts:
        _remove(contact, desk, confirmed, zuora, now)
    for account_id in sorted(cancelled):
        _forget_parts(account_id, traces)
    _forget_mails(traces)
    _commit(person, traces, desk, hidden, now)
    contact_ids = tuple(each.id for each in traces.contacts)
    left = () if confirmed.scrub_in_zuora else contact_ids
    return Erased(person.id, now, len(places), len(scrubbed), contact_ids, left)


def _must_be_confirmed(person: Customer, confirmed: Confirmation) -> None:
    if confirmed.address != person.address:
        raise Invalid("confirm_email", "is not the address of this person")
    if confirmed.scrub_in_zuora not in {None, person.address}:
        raise Invalid("scrub_in_zuora", "is not the address of this person")


def _why(desk: Desk) -> dict[str, str | int | bool | None]:
    return {"because": "customer_erased", "ticket_url": desk.ticket_url}


def _places(person: Customer) -> list[tuple[Account, Membership]]:
    account_ids = memberships.accounts_of(person.id)
    read = reading.many([memberships.key(each, person.id) for each in account_ids])
    whole = reading.many([accounts.key(each) for each in account_ids])
    return [(account, member) for account, member in zip(whole, read, strict=True) if account and member]


def _cancelled_places(traces: Traces, confirmed: Confirmation, zuora: Zuora) -> frozenset[str]:
    """The cancelled accounts in which the person plays a part that goes with them; refused for any other part."""
    found = {account.id: account for account in _where_a_part_is_played(traces)}
    for account in found.values():
        if not _is_cancelled(account, zuora):
            raise StillContact(account_id=account.id)
        if confirmed.scrub_in_zuora is None:
            raise StillContactOfCancelled(account_id=account.id)
    return frozenset(found)


def _where_a_part_is_played(traces: Traces) -> Iterator[Account]:
    for account in traces.accounts:
        if account.kept_parts(traces.addresses):
            yield account
    for contact in traces.contacts:
        theirs = reading.one(accounts.key(contact.account_id)) if contact.account_id else None
        if theirs is not None and protection.parts_of(contact, theirs):
            yield theirs


def _is_cancelled(account: Account, zuora: Zuora) -> bool:
    """Asked in Zuora: what support has closed here can be opened again, and another contact chosen."""
    try:
        return zuora_mapping.is_cancelled(zuora.account(account.zuora_account_id))
    except (Retryable, Permanent) as error:
        logger.warning("not known whether it is cancelled: %s", type(error).__name__)
        raise ZuoraUnavailable from error


def _forget_parts(account_id: str, traces: Traces) -> None:
    """Takes the person's addresses off an account; whose contact Zuora keeps there stays noted."""
    account = reading.one(accounts.key(account_id))
    if account is None:
        return
    after = {
        part: Protected(
            None if account.address_of(part) in traces.addresses else account.address_of(part),
            account.next_of(part) - traces.addresses,
        )
        for part in account.kept_parts(traces.addresses)
    }
    if after:
        commit(account_contacts.settle(account, after))


def _keep_addresses(person: Customer, traces: Traces) -> None:
    """Notes what was found of addresses at the person, before that is erased by which it was found."""
    for address in sorted(traces.addresses - person.addresses):
        commit(customers.known_by(person.id, address, otherwise=Changed()))


def _forget_mails(traces: Traces) -> None:
    """Deletes the old addresses from the notes for farewell mails; those already sent expire by themselves."""
    for event_id in traces.moves:
        with suppress(Changed):  # it has faded
            commit(deliveries.recipient_forgotten(event_id))


def _forget(invitation: Invitation, desk: Desk, now: datetime) -> str:
    """Revokes a pending one, then takes out whom it was for and by whom."""
    event_id, other_id = ids.event_ids(now, 2)
    ended = invitation
    if invitation.is_pending:
        commit(*revoke_steps(invitation, event_id=event_id, actor=desk.actor, now=now, elsewhere=NOTHING, **_why(desk)))
        ended = invitation.ended(InvitationStatus.REVOKED, now)
    scrubbed = new_event(
        account_stream(invitation.account_id),
        event_id=other_id,
        event_type=EventType.INVITATION_SCRUBBED,
        at=now,
        actor=desk.actor,
        subject=f"invitation:{invitation.id}",
        **_why(desk),
    )
    commit(invitation_life.scrub(ended), history.record(scrubbed))
    return invitation.id


def _remove(contact: Contact, desk: Desk, confirmed: Confirmation, zuora: Zuora, now: datetime) -> None:
    if confirmed.scrub_in_zuora is not None:
        _scrub(contact.id, zuora)
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        stream_of_contact(contact.id, contact.account_id),
        event_id=event_id,
        event_type=EventType.CONTACT_ERASED,
        at=now,
        actor=desk.actor,
        subject=f"contact:{contact.id}",
        contact_id=contact.id,
        scrubbed_in_zuora=confirmed.scrub_in_zuora is not None,
        **_why(desk),
    )
    commit(contacts.remove(contact), history.record(event))


def _scrub(contact_id: str, zuora: Zuora) -> None:
    try:
        zuora.scrub_contact(contact_id)
    except ZuoraNotFound:
        return  # gone there already
    except (Retryable, Permanent) as error:
        logger.warning("not scrubbed: %s", type(error).__name__)
        raise ZuoraUnavailable from error


def _commit(person: Customer, traces: Traces, desk: Desk, hidden: str, now: datetime) -> None:
    fresh, link = reading.batch(customers.key(person.id), sign_in_links.key(person.id))
    if fresh is None or not fresh.addresses <= traces.addresses | person.addresses:
        raise Changed
    edit_values.forget_customer(person.id)  # after reading: an edit that is later is refused below
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        customer_stream(person.id),
        event_id=event_id,
        event_type=EventType.CUSTOMER_ERASED,
        at=now,
        actor=desk.actor,
        subject=f"customer:{person.id}",
        customer_id=person.id,
        address_pseudonym=hidden,
        ticket_url=desk.ticket_url,
    )
    commit(
        *customers.erase(fresh, Address(f"{hidden}@erased.invalid"), now=now),
        sign_in_links.remove(link) if link is not None else None,
        *(contact_sync.mark_assignment_done(each) for each in traces.assignments),
        history.record(event),
    )
