"""Lists the invitations that wait for the signed-in person (R21)."""

from contextlib import suppress
from datetime import datetime

from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import Busy, Changed, EmailNotVerified, InvitationNotFound
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import SignedIn
from chalicelib.operations.invitations import release_invitation
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.sign_in import customer_of
from chalicelib.store import accounts, invitations, memberships
from chalicelib.store.bounded import Found, first
from chalicelib.store.reading import Key, if_readable

_MOST_ENDED = 10  # by one request


def list_inbox(person: SignedIn, part: PageRequest, *, now: datetime) -> Found[tuple[Invitation, Account]]:
    """The live invitations for the person's verified address, newest first, each with its account.

    Those to accounts that the person manages already are left out, and end by it (R2): see ``release_invitation``.

    Refuses: EmailNotVerified, LoginDeactivated, SignInNotLinked.
    """
    address = person.proven_address
    if address is None:
        raise EmailNotVerified
    waiting = invitations.inbox(address, before=part.position)
    of_accounts = [if_readable(accounts.key(each.hash_key)) for each in waiting]
    number = len(waiting)
    _, found = customer_of(person, lambda own: [*waiting, *of_accounts, *_memberships(waiting, own)], now=now)
    owns = found[2 * number :] or [None] * number
    triples = list(zip(found[:number], found[number : 2 * number], owns, strict=True))
    live = [(invitation, account) for invitation, account, own in triples if account and _is_open(invitation, own, now)]
    _release([(invitation, own) for invitation, _, own in triples if invitation and own], person, now)
    page = first(live, part.limit, lambda pair: pair[0].id)
    if page.next_position is None and number == invitations.MOST_IN_INBOX:  # there may be older ones
        return Found(page.things, waiting[-1].range_key)
    return page


def _release(found: list[tuple[Invitation, Membership]], person: SignedIn, now: datetime) -> None:
    """Ends unneeded invitations, a few at a time; one that cannot be ended now is ended at the next listing."""
    unneeded = [pair for pair in found if release_invitation.is_to_manager(pair[0], person, pair[1])]
    for invitation, own in unneeded[:_MOST_ENDED]:
        if not invitation.is_overdue(now):  # that one expires
            with suppress(Changed, Busy):
                release_invitation.release(invitation, own, now=now)


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


def count(person: SignedIn, *, now: datetime) -> tuple[Customer | None, int]:
    """The customer behind the sign-in, None for nobody, and how many invitations ``list_inbox`` would list.

    Refuses: LoginDeactivated, SignInNotLinked. An address that is not verified has no inbox.
    """
    waiting = invitations.inbox(person.proven_address) if person.proven_address else []
    number = len(waiting)
    customer, found = customer_of(person, lambda own: [*waiting, *_memberships(waiting, own)], now=now)
    pairs = zip(found[:number], found[number:] or [None] * number, strict=True)
    return customer, sum(_is_open(invitation, own, now) for invitation, own in pairs)


def _memberships(waiting: list[Key[Invitation]], customer_id: str | None) -> list[Key[Membership]]:
    """Where the person's own memberships of the inviting accounts would be; none for nobody."""
    return [] if customer_id is None else [if_readable(memberships.key(each.hash_key, customer_id)) for each in waiting]


def _is_open(invitation: Invitation | None, own: Membership | None, now: datetime) -> bool:
    return invitation is not None and own is None and invitation.seen_at(now).status is InvitationStatus.PENDING
