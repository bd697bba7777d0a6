"""Shows an account to one of its managers, and what they may do there."""

from datetime import datetime

from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import Entered, enter


def view(person: SignedIn, account_id: str, *, now: datetime) -> Entered:
    """The account as its manager sees it. Refuses with AccountNotFound."""
    return enter(person, account_id, Permission.VIEW_ACCOUNT, now=now)
