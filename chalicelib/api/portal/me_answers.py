"""Answers about the signed-in person's own record."""

from typing import Literal

from chalicelib.api.web.answers import AnswerModel
from chalicelib.domain.people import Language, SignedIn
from chalicelib.operations.customers.edit_customer import Edited
from chalicelib.operations.customers.view_me import Me as SeenMe


class Counts(AnswerModel):
    """How much of something there is for a person."""

    billing_accounts: int
    pending_invitations: int


class Me(AnswerModel):
    """The signed-in person. ``id`` is null for somebody who manages nothing yet and never did.

    ``email`` is the address of the record (of the sign-in for somebody without one), and ``email_verified`` whether
    the sign-in vouches for just that one. ``sign_in_email`` is the sign-in's verified address, null if it has none;
    where the two differ the person may take it over. ``locale`` is the language that the person chose for mails.
    """

    id: str | None
    email: str | None
    email_verified: bool
    sign_in_email: str | None
    first_name: str
    last_name: str
    locale: Language | None
    counts: Counts


class CarryingContact(AnswerModel):
    """A contact in Zuora that carries the previous address; ``follows`` says whether it gets the new one."""

    contact_id: str
    account_id: str
    roles: list[Literal["sold_to", "bill_to"]]
    follows: bool


class OwnEmail(AnswerModel):
    """The address of one's record, before and after; with ``dry_run`` as it would be."""

    email: str
    previous_email: str
    dry_run: bool
    contacts: list[CarryingContact]


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
