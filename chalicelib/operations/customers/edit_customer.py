"""Support edits a customer: name, address, login; Zuora's contacts follow where they should (R52, R64)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.customers import Customer, Touch
from chalicelib.domain.errors import CustomerNotFound, EmailTaken, TooManyAccounts, VersionConflict
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, account_stream, customer_stream, new_event
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen
from chalicelib.operations.contacts.request_sync import Prefer
from chalicelib.operations.context import Context, Pseudonym
from chalicelib.operations.customers import switch_login, two_agents
from chalicelib.operations.customers.follow_customer import ContactEdit, Place, must_be_taken, places_of, rewritten
from chalicelib.operations.customers.switch_login import Switch
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.operations.zuora import protection
from chalicelib.store import (
    accounts,
    address_locks,
    contacts,
    customers,
    deliveries,
    edits,
    history,
    memberships,
    reading,
)
from chalicelib.store.accounts import Protected
from chalicelib.store.transaction import Step, commit

_MOST_STEPS = 100  # of one transaction


@frozen
class Edit:
    """The changes, None for what stays; and how far Zuora's contacts follow."""

    first_name: str | None
    last_name: str | None
    address: Address | None
    switch: Switch | None
    replace_sold_to: bool
    dry_run: bool
    version: int | None


@frozen
class Edited:
    """The customer as they were and as they are (or would be), and their accounts with what follows there."""

    before: Customer
    after: Customer
    places: list[Place]


@frozen
class By:
    """Who changes it, when, and the event that it is, which those that follow name as theirs; for which ticket.

    Without a ticket it is the person (R41). ``agent`` is which support agent it is, to be kept with the customer (R67).
    """

    actor: Actor
    ticket_url: str | None
    now: datetime
    event_id: str
    agent: Touch | None = None

    @property
    def facts(self) -> dict[str, Fact]:
        """Extra facts added to the events of all that follows."""
        return {**self.ticket, "because": "customer_edited"}

    @property
    def ticket(self) -> dict[str, Fact]:
        """The ticket, if there is one."""
        return {} if self.ticket_url is None else {"ticket_url": self.ticket_url}


def edit_customer(desk: Desk, customer_id: str, edit: Edit, *, context: Context) -> Edited:
    """Changes name and address in one transaction with everything that follows; then the login in one of its own.

    All that can be refused is refused before anything is written. ``dry_run`` writes nothing at all.
    Refuses: SupportOnly, CustomerNotFound, OwnRecord, OwnAccount, OwnAddress, HouseAddress, SecondAgentNeeded,
    VersionConflict, EmailTaken (with the flow to use), DeliberatelyDeactivated, LastLogin, TooManyAccounts,
    Invalid for what Zuora is known to refuse in the contacts that follow.
    """
    edited, switch = _edit(desk, customer_id, edit, context=context), edit.switch
    if switch is None:
        return edited
    if edit.dry_run:
        return replace(edited, after=replace(edited.after, login_activated=switch.on))
    switched = switch_login.switch_login(desk, customer_id, switch, now=context.now)
    return replace(edited, after=switched)


@retry_on_change
def _edit(desk: Desk, customer_id: str, edit: Edit, *, context: Context) -> Edited:
    actor, now = desk.actor, context.now
    before = reading.one(customers.key(customer_id))
    if before is None or before.erased_at is not None:
        raise CustomerNotFound
    desk.keep_off_oneself(before)
    desk.keep_off(memberships.accounts_of(before.id) if before.membership_count else ())
    if edit.version is not None and edit.version != before.version:
        raise VersionConflict(version=before.version)
    switch_login.refuse(before, edit.switch)
    after = _after(before, edit)
    if after.address != before.address:
        desk.may_give_to(after.address)
        two_agents.may_change_address(desk, before, now=now)
        taken = reading.one(customers.by_address(after.address))
        if taken is not None:
            raise EmailTaken(customer_id=taken)
    if after == before and not edit.replace_sold_to:
        return Edited(before, before, [])
    places = places_of(before, after, replace_sold_to=edit.replace_sold_to, now=now)
    must_be_taken(places, after)
    assigned = any(place.new_assignment for place in places)
    if after == before and not assigned:
        return Edited(before, before, places)
    edited = Edited(before, replace(after, version=before.version + 1), places)
    if not edit.dry_run:
        (event_id,) = ids.event_ids(now, 1)
        by = By(actor, desk.ticket_url, now, event_id, two_agents.touch(desk, now=now))
        commit(*steps_of(edited, by, context.pseudonym))
    return edited


def _after(before: Customer, edit: Edit) -> Customer:
    return replace(
        before,
        first_name=before.first_name if edit.first_name is None else edit.first_name,
        last_name=before.last_name if edit.last_name is None else edit.last_name,
        address=before.address if edit.address is None else edit.address,
    )


def steps_of(edited: Edited, by: By, pseudonym: Pseudonym, *also: Step) -> list[Step]:
    """Everything that the edit writes, for one transaction. Refuses: TooManyAccounts."""
    steps = [*_steps(edited, by, pseudonym), *also]
    if len(steps) > _MOST_STEPS:
        raise TooManyAccounts
    return steps


def _steps(edited: Edited, by: By, pseudonym: Pseudonym) -> Iterator[Step]:
    before, after = edited.before, edited.after
    moved = before.address != after.address
    event = _event(edited, by, pseudonym)
    yield customers.edit(before, after, moved_by=by.agent if moved else None)
    if moved:
        yield from customers.move_address(before, after.address)
        yield deliveries.note_recipient(event.id, before.address, now=by.now)
    yield history.record(event)
    yield from _values(edited, event)
    for place in edited.places:
        yield from _follow(edited, place, by)


def _values(edited: Edited, event: Event) -> Iterator[Step]:
    """Values before and after: one item for the customer, one for all contacts (a transaction has a limit)."""
    before, after = edited.before, edited.after
    own = {name: (getattr(before, name), getattr(after, name)) for name in _changed(before, after)}
    if own:
        yield edits.of_customer(event.id, after.id, own)
    theirs = {
        edit.contact.id: {name: (getattr(edit.contact, name), value) for name, value in edit.changes.items()}
        for place in edited.places
        for edit in place.edits
        if edit.changes
    }
    if theirs:
        yield edits.of_contacts(event.id, theirs, {before.address, after.address})


def _changed(before: Customer, after: Customer) -> list[str]:
    return [name for name in ("first_name", "last_name", "address") if getattr(before, name) != getattr(after, name)]


def _follow(edited: Edited, place: Place, by: By) -> Iterator[Step]:
    """Everything that happens on one account: each item once, each change with its event."""
    before, after, account, now = edited.before, edited.after, place.account, by.now
    if before.address != after.address:
        yield address_locks.release_manager(account.id, before.address, before.id)
        instead_of = place.other_invitation.id if place.other_invitation else None
        yield address_locks.lock_for_manager(account.id, after.address, after.id, instead_of=instead_of)
    protected = _protected(before, after, place)
    freed = 0 if place.other_invitation is None else 1
    if protected or freed:
        yield accounts.follow_zuora(account, protected, freed=freed)
    for edit in place.edits:
        if edit.changes:
            yield contacts.edit(edit.contact, edit.changes, now=now)
            yield history.record(_contact_event(account.id, edit, by))
    for assignment in place.assignments:
        yield contacts.assign(rewritten(assignment, after, now=now), assignment)
    if place.assignments:  # Zuora may have refused them as they were
        yield history.record(_sync_event(place, by))
    if place.new_assignment is not None:
        yield contacts.assign(place.new_assignment, place.old_assignment)
        yield history.record(_sold_to_event(place, after, by))
    yield from filter(None, _end_other_invitation(place, by))


def _protected(before: Customer, after: Customer, place: Place) -> dict[ContactRole, Protected]:
    """The guard against removal (R32) where it moves with this person's address, or begins with a choice of them."""
    account = place.account
    chosen = {assignment.part for assignment in place.assignments}  # tried again, also if Zuora has refused them
    chosen |= {part for edit in place.edits if "work_email" in edit.changes for part in edit.parts}
    protected: dict[ContactRole, Protected] = {}
    for part in ContactRole:
        awaited = account.next_of(part)
        if part is ContactRole.SOLD_TO and place.new_assignment is not None:
            awaited = protection.with_choice(account, part, place.old_assignment, after.address)
        if part in chosen:
            awaited |= {after.address}
        if before.address in awaited:
            awaited = (awaited - {before.address}) | {after.address}
        present = account.address_of(part)
        now = Protected(after.address if present == before.address else present, awaited)
        if now != Protected(present, account.next_of(part)):
            protected[part] = now
    return protected


def _end_other_invitation(place: Place, by: By) -> list[Step | None]:
    if place.other_invitation is None:
        return []
    (event_id,) = ids.event_ids(by.now, 1)
    return revoke_steps(
        place.other_invitation,
        event_id=event_id,
        actor=by.actor,
        now=by.now,
        elsewhere=Hold.SEAT | Hold.ADDRESS,
        because="invitee_joined",
    )


def _event(edited: Edited, by: By, pseudonym: Pseudonym) -> Event:
    before, after = edited.before, edited.after
    fields = _changed(before, after)
    moved: dict[str, Fact] = {}
    if "address" in fields:
        moved = {"address_before": pseudonym(before.address), "address_after": pseudonym(after.address)}
    return new_event(
        customer_stream(after.id),
        event_id=by.event_id,
        event_type=EventType.EMAIL_CHANGED if moved else EventType.CUSTOMER_EDITED,
        at=by.now,
        actor=by.actor,
        subject=f"customer:{after.id}",
        customer_id=after.id,
        fields=", ".join(fields),
        version=after.version,
        **by.ticket,
        **moved,
    )


def _contact_event(account_id: str, edit: ContactEdit, by: By) -> Event:
    (event_id,) = ids.event_ids(by.now, 1)
    return new_event(
        account_stream(account_id),
        event_id=event_id,
        event_type=EventType.CONTACT_EDITED,
        at=by.now,
        actor=by.actor,
        subject=f"contact:{edit.contact.id}",
        contact_id=edit.contact.id,
        fields=", ".join(sorted(edit.changes)),
        parts=", ".join(edit.parts),
        version=edit.contact.version + 1,
        edit_id=by.event_id,
        **by.facts,
    )


def _sync_event(place: Place, by: By) -> Event:
    (event_id,) = ids.event_ids(by.now, 1)
    return new_event(
        account_stream(place.account.id),
        event_id=event_id,
        event_type=EventType.CONTACT_SYNC_REQUESTED,
        at=by.now,
        actor=by.actor,
        subject=f"account:{place.account.id}",
        prefer=Prefer.OURS.value,
        parts=", ".join(assignment.part for assignment in place.assignments),
        **by.facts,
    )


def _sold_to_event(place: Place, after: Customer, by: By) -> Event:
    (event_id,) = ids.event_ids(by.now, 1)
    return new_event(
        account_stream(place.account.id),
        event_id=event_id,
        event_type=EventType.SOLD_TO_CHANGED,
        at=by.now,
        actor=by.actor,
        subject=f"account:{place.account.id}",
        customer_id=after.id,
        assignment_version=place.new_assignment.version if place.new_assignment else None,
        **by.facts,
    )
