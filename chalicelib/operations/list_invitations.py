"""Lists and shows the invitations of an account."""

from collections.abc import Collection
from datetime import datetime

from chalicelib.domain.errors import InvitationNotFound
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import enter
from chalicelib.store import invitations

_ONLY_PENDING = frozenset({InvitationStatus.PENDING})


def list_invitations(
    person: SignedIn,
    account_id: str,
    *,
    statuses: Collection[InvitationStatus],
    limit: int,
    before: str | None,
    now: datetime,
) -> list[Invitation]:
    """Up to ``limit`` invitations in one of the states, newest first, each as it counts now (R20).

    Refuses: AccountNotFound, Forbidden.
    """
    enter(person, account_id, Permission.VIEW_INVITATIONS, now=now)
    return page_of(account_id, statuses=statuses, limit=limit, before=before, now=now)


def page_of(
    account_id: str, *, statuses: Collection[InvitationStatus], limit: int, before: str | None, now: datetime
) -> list[Invitation]:
    """The same for whoever has been let in already."""
    if set(statuses) == _ONLY_PENDING:
        return _pending(account_id, limit=limit, before=before, now=now)
    found = invitations.of_account(account_id, statuses=statuses, now=now, limit=limit, before=before)
    return [each.seen_at(now) for each in found]


def view(person: SignedIn, account_id: str, invitation_id: str, *, now: datetime) -> Invitation:
    """One invitation as it counts now. Refuses: AccountNotFound, Forbidden, InvitationNotFound."""
    key = invitations.key(account_id, invitation_id)
    entered = enter(person, account_id, Permission.VIEW_INVITATIONS, key, now=now)
    invitation: Invitation | None = entered.also[0]
    if invitation is None:
        raise InvitationNotFound
    return invitation.seen_at(now)


def _pending(account_id: str, *, limit: int, before: str | None, now: datetime) -> list[Invitation]:
    """From the index of pending ones, which an account has few of, overdue ones left out."""
    found = invitations.pending_of(account_id, before=before)
    return [each for each in found if not each.is_overdue(now)][:limit]
