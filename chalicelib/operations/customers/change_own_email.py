"""Takes the verified address of one's sign-in over into one's record (R2, R41)."""

from dataclasses import replace

from chalicelib import ids
from chalicelib.domain.errors import EmailNotVerified, EmailTaken, EmailUnchanged, NoOwnRecord, OwnEmailTaken
from chalicelib.domain.people import SignedIn, customer_actor
from chalicelib.domain.quotas import of_change
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.customers.edit_customer import By, Edited, steps_of
from chalicelib.operations.customers.follow_customer import Place, must_be_taken, places_of
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.sign_in import customer_of
from chalicelib.store import customers, quotas
from chalicelib.store.transaction import commit


@frozen
class TakeOver:
    """Whether the Zuora contacts that carry the old address follow, and whether it is only asked what would happen."""

    update_contacts: bool
    dry_run: bool


@retry_on_change
def change_own_email(person: SignedIn, how: TakeOver, *, context: Context) -> Edited:
    """Gives the record the sign-in's verified address, in one transaction with everything that follows.

    As when support does it (``edit_customer``): what protects and what is held under the old address moves, a pending
    invitation to the new one on an account of theirs ends, both addresses are told. A choice of this person as Sold To
    or Bill To that Zuora does not have yet is brought there with the new address. The contacts that Zuora has follow
    only where that is asked for; the answer names them in any case. It counts as a change by the person (R24).
    Refuses: EmailNotVerified, LoginDeactivated, SignInNotLinked, NoOwnRecord, EmailUnchanged, OwnEmailTaken,
    TooManyAccounts, RateLimited, Invalid for an address that is too long for the contacts that would follow.
    """
    address, now = person.proven_address, context.now
    if address is None:
        raise EmailNotVerified
    before, (taken,) = customer_of(person, lambda _customer_id: [customers.by_address(address)], now=now)
    if before is None:
        raise NoOwnRecord
    if address == before.address:
        raise EmailUnchanged
    if taken is not None:
        raise OwnEmailTaken
    after = replace(before, address=address, version=before.version + 1)
    edited = Edited(before, after, places_of(before, after, replace_sold_to=False, now=now))
    must_be_taken(
        edited.places if how.update_contacts else _as_they_are(edited.places), after, called="update_contacts"
    )
    if not how.dry_run:
        _write(edited, how, context)
    return edited


def _as_they_are(places: list[Place]) -> list[Place]:
    """The places without the contacts that Zuora has."""
    return [replace(place, edits=()) for place in places]


def _write(edited: Edited, how: TakeOver, context: Context) -> None:
    now = context.now
    if not how.update_contacts:
        edited = replace(edited, places=_as_they_are(edited.places))
    (event_id,) = ids.event_ids(now, 1)
    change = of_change(manager_id=edited.after.id, limits=context.limits, now=now)
    by = By(customer_actor(edited.after.id), None, now, event_id)
    try:
        commit(*steps_of(edited, by, context.pseudonym, quotas.used(change, now=now)))
    except EmailTaken as taken:
        raise OwnEmailTaken from taken
