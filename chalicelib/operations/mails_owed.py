"""Who is told what: the one table, and how its audiences become letters (R35).

Nobody is ever copied on somebody else's mail, and nobody is told an address that they may not see.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from chalicelib.clients.failures import Retryable
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address, masked
from chalicelib.domain.customers import Customer
from chalicelib.domain.events import Event, EventType
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import Actor, customer_actor
from chalicelib.domain.permissions import Permission, may
from chalicelib.store import accounts, customers, deliveries, invitations, memberships, reading


class Audience(StrEnum):
    """The parties to a change."""

    INVITEE = "invitee"
    PERSON = "person"
    OTHERS = "others"


TOLD: Mapping[EventType, tuple[Audience, ...]] = {
    EventType.ACCOUNT_IMPORTED: (),
    EventType.CUSTOMER_BOUND: (),
    EventType.INVITATION_CREATED: (Audience.INVITEE,),
    EventType.INVITATION_ACCEPTED: (Audience.PERSON, Audience.OTHERS),
    EventType.INVITATION_REVOKED: (Audience.INVITEE,),
    EventType.INVITATION_EXPIRED: (),
    EventType.MANAGER_REMOVED: (Audience.PERSON, Audience.OTHERS),
    EventType.MANAGER_LEFT: (Audience.PERSON, Audience.OTHERS),
    EventType.ROLE_CHANGED: (),
}
"""Who is told of each event; every type is named, also those of which nobody is told (a guard test)."""

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person. ``values`` are the facts of its template beside those of every mail.

    ``delivery_id`` is the same whenever the same letter is made, which is what keeps it from being sent
    twice. ``invitation`` is set on the mail that carries an invitation's link.
    """

    delivery_id: str
    event: str
    audience: Audience
    address: Address
    locale: str | None
    values: Mapping[str, object]
    invitation: Invitation | None = None


def for_event(event: Event, *, now: datetime) -> Iterator[Letter]:
    """The letters that the event owes as things stand now; those of an earlier state are not owed any more."""
    if event.account_id is None:
        return
    account = reading.one(accounts.key(event.account_id))
    if account is None:
        raise Retryable("the account cannot be read yet")
    for audience in TOLD[event.type]:
        yield from _WRITERS[audience](event, account, now)


def still_owed(letter: Letter, *, now: datetime) -> bool:
    """Whether a link may still go out; asked under the claim, so that a revocation is seen here or sees the claim."""
    sent = letter.invitation
    if sent is None:
        return True
    read = reading.one(invitations.key(sent.account_id, sent.id))
    return read is not None and read.generation == sent.generation and _is_live(read, now)


def link_delivery(invitation: Invitation) -> str:
    """The delivery of the mail with an invitation's newest link."""
    return f"{invitation.id}#link#{invitation.generation}"


def _to_invitee(event: Event, account: Account, now: datetime) -> Iterator[Letter]:
    invitation = reading.one(invitations.key(account.id, event.subject.removeprefix("invitation:")))
    if invitation is None or invitation.address is None:
        return
    if event.type is EventType.INVITATION_REVOKED:
        if event.data.get("was_live") and _link_went_out(invitation, now):
            yield _to_address(event, invitation, invitation.address, account)
        return
    if invitation.generation != event.data["generation"] or not _is_live(invitation, now):
        return
    facts: Facts = {
        "inviter_name": _inviter_name(invitation),
        "role": invitation.role.value,
        "expires_at": invitation.expires_at,
        "message": invitation.message,
    }
    letter = _to_address(event, invitation, invitation.address, account, facts)
    yield replace(letter, delivery_id=link_delivery(invitation), invitation=invitation)


def _to_address(
    event: Event, invitation: Invitation, address: Address, account: Account, facts: Facts = MappingProxyType({})
) -> Letter:
    values = {"recipient_name": "", "account_name": account.name, **facts}
    delivery_id = f"{event.id}#{Audience.INVITEE}"
    return Letter(delivery_id, event.type.value, Audience.INVITEE, address, invitation.locale, values)


def _is_live(invitation: Invitation, now: datetime) -> bool:
    return invitation.seen_at(now).status is InvitationStatus.PENDING


def _inviter_name(invitation: Invitation | None) -> str:
    inviter = invitation.inviter if invitation else None
    return f"{inviter.first_name} {inviter.last_name}".strip() if inviter else ""


def _link_went_out(invitation: Invitation, now: datetime) -> bool:
    """Whether the invitee may know of the invitation; while a mail is on its way that is not known yet.

    A claim that ran out may have sent the mail, and nobody tries it again: the invitation has ended.
    """
    delivery = reading.one(deliveries.key(link_delivery(invitation)))
    if delivery is None or delivery.state is not deliveries.State.CLAIMED:
        return delivery is not None and delivery.state is deliveries.State.SENT
    if delivery.lease_until is not None and delivery.lease_until > now:
        raise Retryable("the invitation's mail is on its way")
    return True


def _to_person(event: Event, account: Account, _now: datetime) -> Iterator[Letter]:
    person = reading.one(customers.key(str(event.data["customer_id"])))
    if person is None:
        return
    facts: Facts = {"role": event.data["role"]} if event.type is EventType.INVITATION_ACCEPTED else {}
    yield _letter(event, Audience.PERSON, person, account, facts)


def _to_others(event: Event, account: Account, _now: datetime) -> Iterator[Letter]:
    """The managers who may see addresses, by policy, without who did it and whom it was done to."""
    concerned = str(event.data["customer_id"])
    person = reading.one(customers.key(concerned))
    if person is None:
        return
    told = [
        each.customer_id
        for each in memberships.of_account(account.id)
        if may(account.managed_by, each.role, Permission.VIEW_MANAGER_ADDRESSES)
        and each.created_at <= event.at
        and each.customer_id != concerned
        and customer_actor(each.customer_id) != event.actor
    ]
    facts = _facts_for_others(event, account, person)
    for reader in reading.many([customers.key(each) for each in told]):
        if reader is not None and reader.login_activated:
            yield _letter(event, Audience.OTHERS, reader, account, facts)


def _facts_for_others(event: Event, account: Account, person: Customer) -> dict[str, object]:
    facts: dict[str, object] = {"person_name": _called(person)}
    if event.type is EventType.MANAGER_REMOVED:
        facts["actor_name"] = _actor_name(event.actor)
    if event.type is EventType.INVITATION_ACCEPTED:
        invitation = reading.one(invitations.key(account.id, event.subject.removeprefix("invitation:")))
        facts |= {"role": event.data["role"], "kind": event.data["kind"], "inviter_name": _inviter_name(invitation)}
    return facts


def _actor_name(actor: Actor) -> str:
    """A manager by name; support and the service itself are not named."""
    kind, _, actor_id = actor.partition(":")
    person = reading.one(customers.key(actor_id)) if kind == "customer" else None
    return _called(person) if person else ""


def _called(person: Customer) -> str:
    return person.name or masked(person.address)


def _letter(event: Event, audience: Audience, reader: Customer, account: Account, facts: Facts) -> Letter:
    values = {"recipient_name": reader.name, "account_name": account.name, **facts}
    return Letter(f"{event.id}#{audience}#{reader.id}", event.type.value, audience, reader.address, None, values)


_WRITERS = {Audience.INVITEE: _to_invitee, Audience.PERSON: _to_person, Audience.OTHERS: _to_others}
