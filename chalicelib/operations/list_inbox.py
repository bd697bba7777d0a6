"""Lists the invitations that wait for the signed-in person (R21)."""

from datetime import datetime

from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import EmailNotVerified, InvitationNotFound
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.people import SignedIn
from chalicelib.operations.parts import Part
from chalicelib.operations.sign_in import customer_of
from chalicelib.store import accounts, invitations
from chalicelib.store.reading import Key


def list_inbox(person: SignedIn, part: Part, *, now: datetime) -> list[tuple[Invitation, Account]]:
    """The live invitations for the person's verified address, newest first, each with its account.

    Refuses: EmailNotVerified, LoginDeactivated, SignInNotLinked.
    """
    address = person.proven_address
    if address is None:
        raise EmailNotVerified
    waiting = invitations.inbox(address)
    of_accounts = [accounts.key(each.hash_key) for each in waiting]
    _, found = customer_of(person, lambda _customer_id: [*waiting, *of_accounts], now=now)
    pairs = zip(found[: len(waiting)], found[len(waiting) :], strict=True)
    live = [(invitation, account) for invitation, account in pairs if _is_live(invitation, now) and account]
    return [pair for pair in live if part.position is None or pair[0].id < part.position][: part.limit]


def own_invitation(person: SignedIn, invitation_id: str, *, now: datetime) -> Key[Invitation]:
    """The key of an invitation to the person's verified address; who is blocked is told that first (R3).

    Refuses: EmailNotVerified, InvitationNotFound, LoginDeactivated, SignInNotLinked.
    """
    if person.proven_address is None:
        raise EmailNotVerified
    key = invitations.of_invitee(person.proven_address, invitation_id)
    if key is None:
        customer_of(person, now=now)
        raise InvitationNotFound
    return key


def _is_live(invitation: Invitation | None, now: datetime) -> bool:
    return invitation is not None and invitation.seen_at(now).status is InvitationStatus.PENDING
