"""Accepts an invitation from the inbox, without its link (R21)."""

from chalicelib.domain.people import SignedIn
from chalicelib.operations.context import Context
from chalicelib.operations.invitations.accept_invitation import AcceptResult, InvitationRef, accept
from chalicelib.operations.invitations.list_inbox import own_invitation


def accept_own(person: SignedIn, invitation_id: str, *, context: Context) -> AcceptResult:
    """Accepts an invitation to the person's verified address, under the same rules as by its link.

    Refuses: EmailNotVerified, InvitationNotFound for one to another address, and as ``accept``.
    """
    key = own_invitation(person, invitation_id, now=context.now)
    return accept(person, InvitationRef(key.hash_key, invitation_id, None), context=context)
