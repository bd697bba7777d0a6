"""Accepts an invitation from the inbox, without its link (R21)."""

from datetime import datetime

from chalicelib.domain.limits import Limits
from chalicelib.domain.people import SignedIn
from chalicelib.operations.invitations.accept_invitation import AcceptResult, InvitationRef, accept
from chalicelib.operations.invitations.list_inbox import own_invitation
from chalicelib.operations.support import SupportGroups


def accept_own(
    person: SignedIn, invitation_id: str, *, support: SupportGroups, limits: Limits, now: datetime
) -> AcceptResult:
    """Accepts an invitation to the person's verified address, under the same rules as by its link.

    Refuses: EmailNotVerified, InvitationNotFound for one to another address, and as ``accept``.
    """
    key = own_invitation(person, invitation_id, now=now)
    return accept(person, InvitationRef(key.hash_key, invitation_id, None), support=support, limits=limits, now=now)
