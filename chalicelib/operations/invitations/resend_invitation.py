"""Resends an invitation: new link, new expiry, older links stop working; optionally to another address (R14)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib import ids
from chalicelib.domain import permissions, quotas, rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address, mailbox, share_a_company
from chalicelib.domain.errors import (
    AccountClosed,
    Changed,
    Forbidden,
    Invalid,
    InvitationNotFound,
    RecipientSuppressed,
    RoleAboveOwn,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, account_stream, new_event
from chalicelib.domain.invitations import Delivery, DeliveryState, Invitation, InvitationStatus
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Membership
from chalicelib.domain.permissions import Permission
from chalicelib.domain.quotas import Quota
from chalicelib.domain.suppressions import Suppression
from chalicelib.frozen import frozen
from chalicelib.operations.access import Caller, Inside, enter_as
from chalicelib.operations.context import Context
from chalicelib.operations.invitations.expire_invitation import expire, retry_after_expiry
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import (
    address_locks,
    customers,
    history,
    invitation_life,
    invitations,
    memberships,
    reading,
    seats,
    suppressions,
)
from chalicelib.store import quotas as counters
from chalicelib.store.memberships import SenderLostRight
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit

if TYPE_CHECKING:  # a proof that is presented has loaded it
    from chalicelib.operations.verify_ownership import Proof

_NOT_ARRIVED = frozenset({DeliveryState.BOUNCED, DeliveryState.COMPLAINED, DeliveryState.FAILED})


@retry_after_expiry
def resend(
    caller: Caller,
    account_id: str,
    invitation_id: str,
    *,
    new_address: Address | None,
    proof: "Proof | None" = None,
    context: Context,
) -> Invitation:
    """Renews a pending or expired invitation by e-mail and has it mailed; links made before are dead.

    The sender stays who it was, as long as they may still invite; an expired invitation is taken over by
    whoever renews it, the support desk too. One that is overdue is expired first, so that it makes no difference
    whether the schedule has been there (R20). Refuses: AccountNotFound, Forbidden, SupportOnly, OwnAccount,
    InvitationNotFound, IsALink, AlreadyAccepted, AlreadyDeclined, AlreadyRevoked, RecipientSuppressed, RateLimited,
    RoleAboveOwn, AccountClosed, for support OwnAddress, HouseAddress, Invalid (no proof for another mail domain),
    VerificationInsufficient, ZuoraUnavailable, and for another address or an expired invitation what a new one is
    refused with.
    """
    asked = _ResendRequest(account_id, invitation_id, new_address, proof, context)
    try:
        return _try(caller, asked, take_over=False, context=context)
    except SenderLostRight:
        return _try(caller, asked, take_over=True, context=context.later())


@frozen
class _ResendRequest:
    account_id: str
    invitation_id: str
    new_address: Address | None
    proof: "Proof | None"
    context: Context

    @property
    def now(self) -> datetime:
        """When it is asked."""
        return self.context.now

    @property
    def limits(self) -> Limits:
        """The limits that it is judged by."""
        return self.context.limits

    def pseudonym(self, address: str | None) -> str:
        """The pseudonym of an address."""
        return self.context.pseudonym(address or "")


@retry_on_change
def _try(caller: Caller, asked: _ResendRequest, *, take_over: bool, context: Context) -> Invitation:
    request = replace(asked, context=context)
    also: list[Key[Any]] = [invitations.key(request.account_id, request.invitation_id)]
    if request.new_address is not None:
        also.append(suppressions.key(request.pseudonym(request.new_address)))
    entered = enter_as(caller, request.account_id, Permission.INVITE_MANAGERS, *also, now=request.now)
    before: Invitation | None = entered.also[0]
    if before is None:
        raise InvitationNotFound
    rules.can_be_resent(before, cooldown=request.limits.resend_cooldown, now=request.now)
    if not entered.may_give(before.role):
        raise RoleAboveOwn
    address = _address(before, request, entered.also[1] if request.new_address is not None else None)
    if entered.account.is_closed:
        raise AccountClosed
    if before.is_overdue(request.now):
        expire(before, now=request.now)
        raise Changed
    take_over = take_over or not before.is_pending
    needs_word = isinstance(caller, Desk) and take_over and before.inviter is not None
    sender = _entitled_sender(entered.account, before) if needs_word else None
    word = sender is not None or not needs_word
    proven = _proven(caller, entered, before, address, request, word=word)
    after = _renewed(before, address, request, by=entered if take_over else None)
    if take_over or address != before.address:
        after = replace(after, agents=before.agents | entered.agents)
    if not before.is_pending:
        rules.seat_for_invitation(entered.account, request.limits)
    _commit(entered, before, after, request, take_over=take_over, relied_on=sender, proven=proven)
    return after


def _entitled_sender(account: Account, before: Invitation) -> Membership | None:
    """The sender of an expired invitation, if they may still give its role; else it is taken over."""
    if before.is_pending or before.inviter is None:
        return None
    sender, person = reading.batch(memberships.key(account.id, before.inviter.id), customers.key(before.inviter.id))
    if sender is None or person is None or not person.login_activated:
        return None
    return sender if permissions.may_invite(account.managed_by, sender.role, before.role) else None


def _proven(
    caller: Caller, entered: Inside, before: Invitation, address: Address, request: _ResendRequest, *, word: bool
) -> Mapping[str, Fact]:
    """What is kept of the proof with which support sends it to another mail domain: that is an invitation (R67).

    A correction within the company's own mail domain needs none, as long as the person who invited them may still
    invite: without it, it is support's own invitation.
    """
    if not isinstance(caller, Desk):
        return {}
    caller.may_give_to(address)
    same_place = before.address is not None and (address == before.address or share_a_company(address, before.address))
    if word and same_place:
        return {}
    if request.proof is None:
        why = "an address at another mail domain" if word else "the sender may not invite to this role any more"
        raise Invalid("verification", f"a proof of ownership is needed: {why}")
    return request.proof.verify(entered.account, caller, request.context)


def _address(before: Invitation, request: _ResendRequest, mark: Suppression | None) -> Address:
    """The address to send to; ``mark`` is the new one's. A scrubbed address has to be given again.

    The mark of the address that it has is looked for where the last mail did not arrive; the transaction asks anyhow.
    """
    address = request.new_address or before.address
    if address is None:
        raise Invalid("email", "is needed: the address of this old invitation has been deleted")
    state = before.delivery.state if before.delivery else None
    if request.new_address is None and state in _NOT_ARRIVED:
        mark = reading.one(suppressions.key(request.pseudonym(address)))
    if mark is not None and mark.in_force(request.now):
        raise RecipientSuppressed
    return address


def _renewed(before: Invitation, address: Address, request: _ResendRequest, *, by: Inside | None) -> Invitation:
    validity = before.validity or timedelta(days=request.limits.invitation_days)
    taken_over: dict[str, Any] = {}
    if by is not None:
        taken_over = {
            "invited_by": by.actor,
            "inviter": by.inviter,
        }
    return replace(
        before,
        status=InvitationStatus.PENDING,
        address=address,
        generation=before.generation + 1,
        addressed_since=before.addressed_since if address == before.address else before.generation + 1,
        key_id=request.context.token_key_id(),
        renewed_at=request.now,
        validity=validity,
        expires_at=request.now + validity,
        reminders=0,
        new_requested_at=None,
        sent_count=before.sent_count + 1,
        last_sent_at=request.now,
        delivery=Delivery(DeliveryState.QUEUED, request.now),
        last_accept_error=None,
        ended_at=None,
        **taken_over,
    )


def _commit(
    entered: Inside,
    before: Invitation,
    after: Invitation,
    request: _ResendRequest,
    *,
    take_over: bool,
    relied_on: Membership | None,
    proven: Mapping[str, Fact],
) -> None:
    """``relied_on`` is the sender on whose word support takes it over, who must still have that right (R67)."""
    drawn_on = _drawn_on(entered, before, after, request)
    steps = [
        invitation_life.resend(before, after, cooldown=request.limits.resend_cooldown, now=request.now),
        suppressions.none_in_force(request.pseudonym(after.address), now=request.now),
        *_senders(entered, before, take_over=take_over),
        *(_still_entitled(entered.account, relied_on, before) if relied_on else []),
        *_holds(before, after),
        None if before.is_pending else _seat(entered, relied_on, request.limits),
        *(counters.used(quota, now=request.now) for quota in drawn_on),
        history.record(_event(entered, before, after, request, proven)),
    ]
    try:
        commit(*steps)
    except Forbidden as lost:
        if relied_on is None:
            raise
        raise SenderLostRight from lost  # the policy is another by now


def _drawn_on(entered: Inside, before: Invitation, after: Invitation, request: _ResendRequest) -> list[Quota]:
    """One more mail to the same address; to another address it is an invitation like any other (R24)."""
    to = request.pseudonym(mailbox(after.address or ""))
    if after.address == before.address:
        return quotas.of_mail(account_id=after.account_id, mailbox=to, limits=request.limits, now=request.now)
    return quotas.of_new_invitation(
        account_id=after.account_id,
        inviter=entered.inviter.id if entered.inviter else request.pseudonym(entered.actor),
        mailbox=to,
        limits=request.limits,
        now=request.now,
    )


def _senders(entered: Inside, before: Invitation, *, take_over: bool) -> list[Step | None]:
    """The sender from now on, and the check that the acting manager may do this."""
    inviter, account = before.inviter, entered.account
    own = inviter is not None and entered.is_customer(inviter.id)
    if take_over:
        leaves = before.is_pending and inviter is not None and not own
        left = [memberships.ended_from(account.id, inviter.id, before.id)] if leaves and inviter else []
        return [*left, entered.sent(before.id)]
    vouched = [memberships.still_vouches(account, inviter.id, before.role)] if inviter is not None and not own else []
    return [entered.still(), *vouched]


def _still_entitled(account: Account, sender: Membership, before: Invitation) -> list[Step]:
    """The policy under which the sender may give the role is held with the seat."""
    vouches = memberships.still_vouches(account, sender.customer_id, before.role)
    return [vouches, customers.still_active(sender.customer_id, otherwise=SenderLostRight())]


def _holds(before: Invitation, after: Invitation) -> list[Step | None]:
    if after.address is None or (before.is_pending and before.address == after.address):
        return []
    hold = address_locks.lock_for_invitation(after.account_id, after.address, after.id)
    return [address_locks.release_invitation(before) if before.is_pending else None, hold]


def _seat(entered: Inside, relied_on: Membership | None, limits: Limits) -> Step:
    """Whose right to invite must still hold: the manager's who acts, or that of whom support relies on."""
    role = relied_on.role if relied_on else entered.role
    return seats.reserve_seat(entered.account, inviter=role, limits=limits)


def _event(
    entered: Inside, before: Invitation, after: Invitation, request: _ResendRequest, proven: Mapping[str, Fact]
) -> Event:
    (event_id,) = ids.event_ids(request.now, 1)
    return new_event(
        account_stream(after.account_id),
        event_id=event_id,
        event_type=EventType.INVITATION_RESENT,
        at=request.now,
        actor=entered.actor,
        subject=f"invitation:{after.id}",
        generation=after.generation,
        status_before=before.seen_at(request.now).status.value,
        address_changed=before.address != after.address,
        address_pseudonym=request.pseudonym(after.address),
        **proven,
        **entered.facts,
    )
