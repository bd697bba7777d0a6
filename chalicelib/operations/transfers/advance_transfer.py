"""Advances a transfer of ownership until it has to wait or ends (R66).

Each step is one transaction that changes the account and the transfer together, on the condition that the transfer is
as it was read. So a worker may die anywhere, and messages may come twice, late or never: the schedule retries every
minute.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chalicelib import ids
from chalicelib.addresses import address_in
from chalicelib.domain import contact_limits, permissions, rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactRole, SyncState
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import AccountClosed, AccountFull, Changed, DomainError, PersonsMembershipLimitReached
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import account_stream, new_event
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.memberships import Membership
from chalicelib.domain.rules import Overrides, is_last
from chalicelib.domain.transfers import Entry, State, Transfer
from chalicelib.failures import Retryable
from chalicelib.operations.access import AtDesk
from chalicelib.operations.context import Context
from chalicelib.operations.customers.follow_customer import sold_to_assignment
from chalicelib.operations.invitations.expire_invitation import expire, still_pending
from chalicelib.operations.invitations.invite import InvitationRequest, inviting_steps, new_invitation
from chalicelib.operations.managers.change_role import role_steps
from chalicelib.operations.managers.grant_membership import PendingGrant, grant_steps
from chalicelib.operations.managers.remove_manager import ending_of, ending_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.transfers.transfer_step import TransferAttempt, new_owner
from chalicelib.operations.zuora import protection
from chalicelib.store import (
    account_contacts,
    accounts,
    address_locks,
    contacts,
    customers,
    history,
    invitation_life,
    invitations,
    memberships,
    reading,
    seats,
    transfers,
)
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step

_MOST_STEPS = 8
_INVITEES_DAYS = timedelta(days=30)


def advance(transfer_id: str, context: Context) -> State | None:
    """Advances until the transfer waits for somebody or has ended; returns its state, None if there is none."""
    state = None
    for _ in range(_MOST_STEPS):
        state, moved = _one_step(transfer_id, context=context)
        if not moved:
            break
    return state


def open_transfers() -> list[Key[Transfer]]:
    """Those that have not ended, the longest untouched first; all of them, since many may wait for weeks."""
    return transfers.open_ones()


def went_on(key: Key[Transfer], context: Context) -> bool:
    """Advances an open transfer; whether its state is another now."""
    before = reading.one(key)
    return before is not None and advance(before.id, context) is not before.state


def advance_named_by(stream: str, event_id: str, context: Context) -> State | None:
    """The transfer that an event names, or the one that its account is in."""
    event = reading.one(history.key(stream, event_id))
    if event is None:
        raise Retryable("the event cannot be read yet")
    named = event.data.get("transfer_id")
    if named is None and event.account_id is not None:
        named = reading.one(transfers.under_way(event.account_id))
    return None if named is None else advance(str(named), context)


@retry_on_change
def _one_step(transfer_id: str, *, context: Context) -> tuple[State | None, bool]:
    transfer = reading.one(transfers.key(transfer_id))
    if transfer is None or transfer.state.is_end:
        return (None if transfer is None else transfer.state), False
    account = reading.one(accounts.key(transfer.account_id))
    if account is None:
        raise Changed
    attempt = TransferAttempt(transfer, account, context)
    try:
        moved = _NEXT[transfer.state](attempt)
    except (AccountClosed, PersonsMembershipLimitReached) as refusal:
        moved = attempt.fail(refusal.code)
    except Changed:
        raise
    except DomainError as refusal:
        moved = attempt.wait(refusal.code)
    return transfer.state, moved


def _started(attempt: TransferAttempt) -> bool:
    """Lets the new owner in: at once if they have a record, by an invitation if not."""
    transfer, account = attempt.transfer, attempt.account
    customer_id = transfer.to_customer_id
    if customer_id is None and transfer.to_address is not None:
        customer_id = reading.one(customers.by_address(transfer.to_address))
    if customer_id is None:
        return _invite(attempt)
    person, place = reading.batch(customers.key(customer_id), memberships.key(account.id, customer_id))
    if person is None or person.erased_at is not None:
        return attempt.fail("customer_not_found")
    known = replace(transfer, to_customer_id=customer_id, new_manager=Entry.THERE)
    return _grant(attempt, known, person) if place is None else _in(attempt, known, place)


def _in(attempt: TransferAttempt, known: Transfer, place: Membership | None) -> bool:
    """The new owner is on the account, with the role that was asked for or a higher one."""
    steps: list[Step | None] = []
    if place is not None and known.role is not place.role and permissions.may_give(known.role, place.role):
        steps = role_steps(
            attempt.account, place, known.role, actor=known.started_by, facts=known.facts, now=attempt.context.now
        )
        known = known if known.new_manager is Entry.LET_IN else replace(known, new_manager=Entry.RAISED)
    return attempt.move(known.moved(State.JOINED, now=attempt.context.now), *steps)


def _grant(attempt: TransferAttempt, known: Transfer, person: Customer) -> bool:
    account, context = attempt.account, attempt.context
    held = reading.one(address_locks.key(account.id, person.address))
    other_invitation = None
    if held is not None and held.invitation_id is not None:
        other_invitation = still_pending(account.id, held.invitation_id, now=context.now)
        if other_invitation is None:
            raise Changed  # its expiry has just changed the account
    grant = PendingGrant(account, person, is_new=False, role=known.role, other_invitation=other_invitation)
    event_id, other_id = ids.event_ids(context.now, 2)
    steps = grant_steps(
        grant,
        actor=known.started_by,
        proof=known.proof,
        cause=known.facts,
        limits=context.limits,
        event_ids=(event_id, other_id),
        borrowed=0 if other_invitation is not None else attempt.borrows,
        now=context.now,
    )
    let_in = replace(known, new_manager=Entry.LET_IN)
    return attempt.move(let_in.moved(State.JOINED, now=context.now), *steps)


def _invite(attempt: TransferAttempt) -> bool:
    transfer, account, context = attempt.transfer, attempt.account, attempt.context
    if transfer.to_address is None:
        return attempt.fail("customer_not_found")
    held = reading.one(address_locks.key(account.id, transfer.to_address))
    if held is not None and held.invitation_id is not None:
        found = still_pending(account.id, held.invitation_id, now=context.now)
        if found is None:
            raise Changed
        adopting = replace(transfer, invitation_id=found.id).moved(State.INVITED, now=context.now)
        return attempt.move(adopting, invitation_life.awaited(found, transfer.id))
    inside = AtDesk(account, transfer.started_by, transfer.ticket_url, (), transfer.started_by_identity)
    assignment = InvitationRequest(transfer.to_address, transfer.role, _INVITEES_DAYS, None, None)
    invitation = replace(
        new_invitation(inside, assignment, key_id=context.token_key_id(), now=context.now), transfer_id=transfer.id
    )
    steps = inviting_steps(
        inside,
        invitation,
        context,
        borrowed=attempt.borrows,
        facts={**transfer.proof, **transfer.facts},
    )
    after = replace(transfer, invitation_id=invitation.id, own_invitation=True)
    return attempt.move(after.moved(State.INVITED, now=context.now), *steps)


def _invited(attempt: TransferAttempt) -> bool:
    """Waits for the acceptance, and says what is in its way. An invitation that ended otherwise ends the transfer."""
    transfer = attempt.transfer
    invitation = reading.one(invitations.key(transfer.account_id, transfer.invitation_id or "none"))
    if invitation is None:
        return attempt.fail("invitation_not_found")
    if invitation.is_overdue(attempt.context.now):
        expire(invitation, now=attempt.context.now)
        raise Changed
    if invitation.status is InvitationStatus.PENDING:
        return attempt.wait(_hindrance(attempt.account, invitation))
    if invitation.status is not InvitationStatus.ACCEPTED:
        return attempt.fail(f"invitation_{invitation.status}")
    known = replace(transfer, to_customer_id=invitation.accepted_by, new_manager=Entry.LET_IN)
    return _in(attempt, known, new_owner(known)[0])


def _hindrance(account: Account, invitation: Invitation) -> str | None:
    """Why the invitation could not be accepted at the moment, whoever tried (R17)."""
    try:
        rules.seat_for_accepting(account)
    except (AccountClosed, AccountFull) as refusal:
        return refusal.code
    if invitation.inviter is None:
        return None
    sender = reading.one(memberships.key(account.id, invitation.inviter.id))
    entitled = sender is not None and permissions.may_invite(account.managed_by, sender.role, invitation.role)
    return None if entitled else "inviter_not_entitled"


def _joined(attempt: TransferAttempt) -> bool:
    """Has the new owner made the Sold To in Zuora, by the queue (R55); both are protected until then (R32)."""
    transfer, account, now = attempt.transfer, attempt.account, attempt.context.now
    place, person = new_owner(transfer)
    if place is None or person is None:
        return attempt.fail("new_manager_gone")
    before, present = reading.batch(
        contacts.assignment_key(account.id, ContactRole.SOLD_TO), contacts.key(account.sold_to_contact_id or "none")
    )
    if (before is None or not before.is_waiting) and _is_theirs(present, person):
        return attempt.to(State.SOLD_TO_SYNCED)  # they have been the Sold To all along
    if not (person.first_name and person.last_name):
        return attempt.wait("new_manager_has_no_name")
    if any(contact_limits.refusals({"work_email": person.address})):
        return attempt.wait("new_manager_address_too_long")
    assignment = sold_to_assignment(person, account, present, before, now=now, transfer_id=transfer.id)
    protected = protection.with_choice(account, ContactRole.SOLD_TO, before, person.address)
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        account_stream(account.id),
        event_id=event_id,
        event_type=EventType.SOLD_TO_CHANGED,
        at=now,
        actor=transfer.started_by,
        subject=f"manager:{person.id}",
        customer_id=person.id,
        part=ContactRole.SOLD_TO.value,
        contact_id_before=account.sold_to_contact_id,
        version=assignment.version,
        **transfer.facts,
    )
    return attempt.to(
        State.SOLD_TO_REQUESTED,
        contacts.assign(assignment, before),
        account_contacts.await_choice(account, {ContactRole.SOLD_TO: protected}),
        memberships.is_there(place),
        history.record(event),
    )


def _sold_to_requested(attempt: TransferAttempt) -> bool:
    return _once_zuora_has_it(attempt, lambda: attempt.to(State.SOLD_TO_SYNCED))


def _sold_to_synced(attempt: TransferAttempt) -> bool:
    return _once_zuora_has_it(attempt, lambda: _old_owner_out(attempt))


def _once_zuora_has_it(attempt: TransferAttempt, go_on: Callable[[], bool]) -> bool:
    """Advances when Zuora has the new owner as Sold To; somebody else being chosen meanwhile ends the transfer."""
    account = attempt.account
    place, person = new_owner(attempt.transfer)
    if place is None or person is None:
        return attempt.fail("new_manager_gone")
    assignment, present = reading.batch(
        contacts.assignment_key(account.id, ContactRole.SOLD_TO), contacts.key(account.sold_to_contact_id or "none")
    )
    own = assignment if assignment is not None and assignment.customer_id == person.id else None
    if assignment is not None and assignment.is_waiting and own is None:
        return attempt.fail("sold_to_chosen_otherwise")
    if (assignment is None or not assignment.is_waiting) and _is_theirs(present, person):
        return go_on()
    if own is None and not _is_to_be_theirs(present, account, person):
        return attempt.fail("sold_to_chosen_otherwise")
    refusal = own.error if own is not None else present and present.sync_error
    return attempt.wait(f"zuora_refused: {refusal.code}" if refusal else None)


def _is_to_be_theirs(contact: Contact | None, account: Account, person: Customer) -> bool:
    """Whether they are the Sold To in Zuora, or the contact was given their address here."""
    edited = contact is not None and address_in(contact.work_email) == person.address
    return edited or account.sold_to_address == person.address


def _is_theirs(contact: Contact | None, person: Customer) -> bool:
    """Whether the contact carries the person's address, in Zuora as here."""
    if contact is None or contact.sync_state is not SyncState.SYNCED:
        return False
    return address_in(contact.work_email) == person.address


def _old_owner_out(attempt: TransferAttempt) -> bool:
    """Lets the old owner out; their Bill To, if they play it, stays as it is, and the event says so (R50)."""
    transfer, account = attempt.transfer, attempt.account
    place, person = reading.batch(
        memberships.key(account.id, transfer.from_customer_id), customers.key(transfer.from_customer_id)
    )
    done = transfer.moved(State.COMPLETED, now=attempt.context.now)
    if place is None or person is None:  # removed already, or left
        back = seats.return_borrowed_seat(account, pending=0, borrowed=account.borrowed_seats)
        return attempt.move(done, back)
    if is_last(account, place.counts_as):
        return attempt.wait("last_manager")
    ending = ending_of(account, place, person)
    steps = ending_steps(
        ending,
        actor=transfer.started_by,
        now=attempt.context.now,
        overrides=Overrides(bill_to=True),
        returned_seats=account.borrowed_seats,
        facts={
            "stays_contact": "bill_to" if ContactRole.BILL_TO in account.kept_parts(ending.manager.addresses) else ""
        },
        cause=transfer.facts,
    )
    return attempt.move(done, *steps, facts={"old_manager_removed": True})


_NEXT = {
    State.STARTED: _started,
    State.INVITED: _invited,
    State.JOINED: _joined,
    State.SOLD_TO_REQUESTED: _sold_to_requested,
    State.SOLD_TO_SYNCED: _sold_to_synced,
}
