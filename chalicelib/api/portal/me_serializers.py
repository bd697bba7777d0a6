"""Serializers of the signed-in person's own record."""

from chalicelib.api.web.schemas import CarryingContact, Counts, Me, OwnEmail
from chalicelib.domain.people import Language, SignedIn
from chalicelib.operations.customers.edit_customer import Edited
from chalicelib.operations.customers.view_me import Me as SeenMe


def me(person: SignedIn, seen: SeenMe) -> Me:
    """The signed-in person, with what their record says or, without one, their sign-in."""
    customer = seen.customer
    email = customer.address if customer else person.address
    return Me(
        id=customer.id if customer else None,
        email=email,
        email_verified=email is not None and email == person.proven_address,
        sign_in_email=person.proven_address,
        first_name=customer.first_name if customer else person.first_name,
        last_name=customer.last_name if customer else person.last_name,
        locale=Language(customer.locale) if customer and customer.locale else None,
        counts=Counts(billing_accounts=seen.account_count, pending_invitations=seen.invitation_count),
    )


def own_email(edited: Edited, *, follows: bool, dry_run: bool) -> OwnEmail:
    """One's record after its address was changed, with the contacts that carry the previous one."""
    carrying = [
        CarryingContact(
            contact_id=each.contact.id,
            account_id=place.account.id,
            roles=[part.value for part in each.parts],
            follows=follows,
        )
        for place in edited.places
        for each in place.edits
    ]
    before, after = edited.before, edited.after
    return OwnEmail(email=after.address, previous_email=before.address, dry_run=dry_run, contacts=carrying)
