"""Revokes an invitation that was not accepted (R19)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.errors import InvitationNotFound
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import Caller, enter_as
from chalicelib.operations.invitations.end_invitation import NOTHING, revoke_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import invitations
from chalicelib.store.transaction import commit

_STILL_OPEN = frozenset({InvitationStatus.PENDING, InvitationStatus.EXPIRED})


@retry_on_change
def revoke(caller: Caller, account_id: str, invitation_id: str, *, now: datetime) -> Invitation:
    """Ends a pending invitation and frees its seat; its link answers ``invitation_revoked`` from now on.

    Refuses: AccountNotFound, Forbidden, SupportOnly, OwnAccount, InvitationNotFound, AlreadyAccepted. One that was
    revoked or declined stays as it is, so that a second click gets the same answer; an expired one becomes final.
    """
    key = invitations.key(account_id, invitation_id)
    entered = enter_as(caller, account_id, Permission.INVITE_MANAGERS, key, now=now)
    invitation: Invitation | None = entered.also[0]
    if invitation is None:
        raise InvitationNotFound
    rules.can_be_revoked(invitation)
    if invitation.status not in _STILL_OPEN:
        return invitation
    (event_id,) = ids.event_ids(now, 1)
    from_own_list = invitation.is_pending and invitation.inviter and entered.is_customer(invitation.inviter.id)
    commit(
        *revoke_steps(invitation, event_id=event_id, actor=entered.actor, now=now, elsewhere=NOTHING, **entered.facts),
        None if from_own_list else entered.still(),
    )
    return invitation.ended(InvitationStatus.REVOKED, now)
