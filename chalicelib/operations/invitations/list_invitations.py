"""Lists and shows the invitations of an account."""

from collections.abc import Collection
from datetime import datetime

from chalicelib.domain.errors import InvitationNotFound
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import enter
from chalicelib.operations.pages import PageRequest
from chalicelib.store import invitations
from chalicelib.store.bounded import Found, first

_ONLY_PENDING = frozenset({InvitationStatus.PENDING})


def list_invitations(
    person: SignedIn,
    account_id: str,
    statuses: Collection[InvitationStatus],
    part: PageRequest,
    *,
    now: datetime,
) -> Found[Invitation]:
    """Invitations in one of the states, newest first, each as it counts now (R20).

    Refuses: AccountNotFound, Forbidden.
    """
    enter(person, account_id, Permission.VIEW_INVITATIONS, now=now)
    return page_of(account_id, statuses, part, now=now)


def page_of(
    account_id: str, statuses: Collection[InvitationStatus], part: PageRequest, *, now: datetime
) -> Found[Invitation]:
    """The same for whoever has been let in already."""
    if set(statuses) == _ONLY_PENDING:
        return _pending(account_id, part, now)
    limit, before = part.limit, part.position
    found = invitations.part_of_account(account_id, statuses=statuses, now=now, limit=limit, before=before)
    return Found([each.seen_at(now) for each in found.things], found.next_position)


def view(person: SignedIn, account_id: str, invitation_id: str, *, now: datetime) -> Invitation:
    """One invitation as it counts now. Refuses: AccountNotFound, Forbidden, InvitationNotFound."""
    key = invitations.key(account_id, invitation_id)
    entered = enter(person, account_id, Permission.VIEW_INVITATIONS, key, now=now)
    invitation: Invitation | None = entered.also[0]
    if invitation is None:
        raise InvitationNotFound
    return invitation.seen_at(now)


def _pending(account_id: str, part: PageRequest, now: datetime) -> Found[Invitation]:
    """From the index of pending ones, which an account has few of, overdue ones left out."""
    found = invitations.pending_of(account_id, before=part.position)
    return first([each for each in found if not each.is_overdue(now)], part.limit, lambda each: each.id)
