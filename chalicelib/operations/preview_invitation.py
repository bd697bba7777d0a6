"""Shows an invitation to whoever holds its link, before anybody signs in."""

from datetime import datetime

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import InvitationNotFound
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.tokens import Claim
from chalicelib.store import accounts, invitations, reading


def preview(claim: Claim, *, now: datetime) -> tuple[Invitation, Account]:
    """Reads the invitation of a genuine token and its account, and changes nothing (R14).

    Refuses: InvitationNotFound, and the InvitationGone errors for one that ended.
    """
    invitation, account = reading.batch(
        invitations.key(claim.account_id, claim.invitation_id), accounts.key(claim.account_id)
    )
    if invitation is None or account is None:
        raise InvitationNotFound
    rules.can_be_accepted(invitation, generation=claim.generation, now=now)
    return invitation, account
