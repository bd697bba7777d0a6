"""Invites somebody to manage an account, by e-mail or by a link for whoever holds it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chalicelib import ids
from chalicelib.domain import quotas, rules
from chalicelib.domain.addresses import Address, mailbox
from chalicelib.domain.errors import (
    Invalid,
    InvitationNotFound,
    RoleAboveOwn,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, account_stream, new_event
from chalicelib.domain.invitations import (
    Delivery,
    DeliveryState,
    Invitation,
    InvitationKind,
    InvitationStatus,
)
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission
from chalicelib.frozen import frozen
from chalicelib.operations.access import Caller, Inside, enter_as
from chalicelib.operations.context import Context, Pseudonym
from chalicelib.operations.invitations.expire_invitation import retry_after_expiry
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import address_locks, history, idempotency, invitations, reading, seats
from chalicelib.store import quotas as counters
from chalicelib.store.idempotency import DoneBefore
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit

if TYPE_CHECKING:  # a proof that is presented has loaded it
    from chalicelib.operations.verify_ownership import Proof


@frozen
class InvitationRequest:
    """What the inviter asks for. ``address`` is None for a link, ``validity`` None for a link without end.

    ``proof`` is what support presents; managers need none (R67).
    """

    address: Address | None
    role: Role
    validity: timedelta | None
    message: str | None
    locale: str | None
    proof: "Proof | None" = None


@frozen
class Invited:
    """The invitation, and whether this repeats an earlier answer."""

    invitation: Invitation
    replayed: bool


@retry_after_expiry
@retry_on_change
def invite(
    caller: Caller,
    account_id: str,
    asked: InvitationRequest,
    *,
    context: Context,
) -> Invited:
    """Makes a pending invitation and takes a seat for it; a mail follows from the event.

    ``caller`` is a manager, or the support desk, whose invitations have no inviter.
    Refuses: AccountNotFound, Forbidden, SupportOnly, OwnAccount, RoleAboveOwn, AlreadyManager, AlreadyInvited,
    AccountClosed, AccountFull, PendingLimitReached, RateLimited, IdempotencyKeyReused; support also OwnAddress,
    HouseAddress, Invalid (a link, or no proof), VerificationInsufficient, ZuoraUnavailable (R67). Whether the address
    has a customer record makes no difference to anything (R13). An overdue invitation that blocks it is
    expired, and the invitation is tried once more (I3).
    """
    now, request = context.now, context.request
    also: list[Key[Any]] = [address_locks.key(account_id, asked.address)] if asked.address else []
    if request is not None:
        also.append(idempotency.key(request))
    entered = enter_as(caller, account_id, Permission.INVITE_MANAGERS, *also, now=now)
    try:
        if request is not None:
            idempotency.meet(entered.also[-1], request, now=now)
        if not entered.may_give(asked.role):
            raise RoleAboveOwn
        if asked.address is not None:
            address_locks.refuse_locked(entered.also[0])
        rules.seat_for_invitation(entered.account, context.limits)
        invitation = new_invitation(entered, asked, key_id=context.token_key_id(), now=now)
        proven = _proven(caller, entered, asked, context)
        _commit(entered, invitation, proven, context)
    except DoneBefore as done:
        return _replay(done, entered, asked)
    return Invited(invitation, replayed=False)


def new_invitation(entered: Inside, asked: InvitationRequest, *, key_id: str, now: datetime) -> Invitation:
    """The invitation that is asked for, pending."""
    mailed = asked.address is not None
    return Invitation(
        account_id=entered.account.id,
        id=ids.invitation_id(now),
        kind=InvitationKind.EMAIL if mailed else InvitationKind.LINK,
        address=asked.address,
        role=asked.role,
        status=InvitationStatus.PENDING,
        generation=1,
        key_id=key_id,
        created_at=now,
        renewed_at=now,
        validity=asked.validity,
        expires_at=None if asked.validity is None else now + asked.validity,
        reminders=0,
        new_requested_at=None,
        invited_by=entered.actor,
        inviter=entered.inviter,
        message=asked.message,
        locale=asked.locale,
        sent_count=1 if mailed else 0,
        last_sent_at=now if mailed else None,
        delivery=Delivery(DeliveryState.QUEUED, now) if mailed else None,
        last_accept_error=None,
        accepted_by=None,
        ended_at=None,
        decline_reason=None,
        agents=entered.agents,
    )


def _proven(caller: Caller, entered: Inside, asked: InvitationRequest, context: Context) -> Mapping[str, Fact]:
    """What the history keeps of the proof that support needs to invite somebody, by e-mail only (R67)."""
    if not isinstance(caller, Desk):
        return {}
    if asked.address is None:
        raise Invalid("kind", "support invites by e-mail only")
    caller.may_give_to(asked.address)
    if asked.proof is None:
        raise Invalid("verification", "support needs a proof of ownership to invite somebody")
    return asked.proof.verify(entered.account, caller, context)


def _commit(
    entered: Inside,
    invitation: Invitation,
    proven: Mapping[str, Fact],
    context: Context,
) -> None:
    commit(
        context.remember(account_id=entered.account.id, created_id=invitation.id),
        *inviting_steps(entered, invitation, context, facts=proven),
    )


def inviting_steps(
    entered: Inside,
    invitation: Invitation,
    context: Context,
    *,
    borrowed: int = 0,
    facts: Mapping[str, Fact] = MappingProxyType({}),
) -> list[Step | None]:
    """The Steps that make an invitation, with its event. ``borrowed`` seats are added to the account's bound."""
    account, address = entered.account, invitation.address
    pseudonym, limits, now = context.pseudonym, context.limits, context.now
    drawn_on = quotas.of_new_invitation(
        account_id=account.id,
        inviter=entered.inviter.id if entered.inviter else pseudonym(entered.actor),
        mailbox=pseudonym(mailbox(address)) if address else None,
        limits=limits,
        now=now,
    )
    return [
        entered.sent(invitation.id),
        address_locks.lock_for_invitation(account.id, address, invitation.id) if address else None,
        seats.reserve_seat(account, inviter=entered.role, limits=limits, borrowed=borrowed),
        invitations.create(invitation),
        *(counters.used(quota, now=now) for quota in drawn_on),
        history.record(_event(entered, invitation, pseudonym, facts)),
    ]


def _event(entered: Inside, invitation: Invitation, pseudonym: Pseudonym, facts: Mapping[str, Fact]) -> Event:
    (event_id,) = ids.event_ids(invitation.created_at, 1)
    return new_event(
        account_stream(invitation.account_id),
        event_id=event_id,
        event_type=EventType.INVITATION_CREATED,
        at=invitation.created_at,
        actor=invitation.invited_by,
        subject=f"invitation:{invitation.id}",
        kind=invitation.kind.value,
        role=invitation.role.value,
        generation=invitation.generation,
        address_pseudonym=pseudonym(invitation.address) if invitation.address else None,
        **{**entered.facts, **facts},
    )


def _replay(done: DoneBefore, entered: Inside, asked: InvitationRequest) -> Invited:
    """The first answer again, whoever renewed the invitation meanwhile and wherever it was sent (R26)."""
    made = reading.one(invitations.key(done.record.account_id, done.record.created_id))
    if made is None:
        raise InvitationNotFound
    first_asked = replace(asked, validity=made.validity)  # the usual validity may be another by now
    first = new_invitation(entered, first_asked, key_id=made.key_id, now=made.created_at)
    return Invited(replace(first, id=made.id), replayed=True)
