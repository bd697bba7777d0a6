"""The contacts of an account, for its managers (R55)."""

from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field, model_validator

from chalicelib.api.web import contact_answers
from chalicelib.api.web.contact_answers import ContactAnswer, ContactPair
from chalicelib.api.web.fields import ContactEmail, Country, PersonName, Place, PostalCode, RequestModel, Street
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.errors import (
    AccountClosed,
    AccountNotFound,
    Forbidden,
    ManagerNotFound,
    RateLimited,
)
from chalicelib.operations.contacts import choose_contact as choice
from chalicelib.operations.contacts import list_contacts as contacts
from chalicelib.operations.contacts.choose_contact import Chosen

bp = Blueprint(__name__)
_CONTACTS = "/v1/billing-accounts/{account_id}/contacts"
_NOT_CHOSEN = [AccountNotFound, Forbidden, ManagerNotFound, AccountClosed, RateLimited]

ManagerId = Annotated[str, Field(min_length=1, max_length=100, description="The id of a manager of this account.")]


class CustomContact(RequestModel):
    """A contact that need not be a manager."""

    first_name: PersonName
    last_name: PersonName
    work_email: ContactEmail
    address1: Street = ""
    address2: Street = ""
    city: Place = ""
    state: Place = ""
    postal_code: PostalCode = ""
    country: Country


class ChooseSoldTo(RequestModel):
    """The manager who becomes the Sold To."""

    manager_id: ManagerId


class ChooseBillTo(RequestModel):
    """The manager who becomes the Bill To, or a contact of one's own: one of the two."""

    manager_id: ManagerId | None = None
    contact: CustomContact | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "ChooseBillTo":
        if (self.manager_id is None) == (self.contact is None):
            raise ValueError("give either manager_id or contact")
        return self


@endpoint(
    bp,
    "GET",
    _CONTACTS,
    tag="contacts",
    answers=ContactPair,
    refusals=[AccountNotFound, Forbidden],
)
def view_contacts(request: Request, account_id: str) -> Response:
    """Sold To and Bill To. One that was chosen a moment ago is shown as pending until Zuora has it."""
    return Response(contact_answers.pair(contacts.list_contacts(request.person, account_id, now=request.now)))


@endpoint(
    bp,
    "PUT",
    _CONTACTS + "/sold-to",
    tag="contacts",
    answers=ContactAnswer,
    status=HTTPStatus.ACCEPTED,
    refusals=_NOT_CHOSEN,
)
def choose_sold_to(request: Request, account_id: str, body: ChooseSoldTo) -> Response:
    """Makes a manager the Sold To. Until Zuora has it, neither they nor who is it now can be removed."""
    chosen = choice.choose_manager(
        request.person, account_id, ContactRole.SOLD_TO, body.manager_id, context=request.context
    )
    return Response(_shown(chosen))


@endpoint(
    bp,
    "PUT",
    _CONTACTS + "/bill-to",
    tag="contacts",
    answers=ContactAnswer,
    status=HTTPStatus.ACCEPTED,
    refusals=_NOT_CHOSEN,
)
def choose_bill_to(request: Request, account_id: str, body: ChooseBillTo) -> Response:
    """Makes a manager, or a contact of one's own, the Bill To. A Sold To who was both stays the Sold To."""
    if body.contact is not None:
        typed = body.contact.model_dump()
        return Response(_shown(choice.choose_custom(request.person, account_id, typed, context=request.context)))
    chosen = choice.choose_manager(
        request.person, account_id, ContactRole.BILL_TO, body.manager_id or "", context=request.context
    )
    return Response(_shown(chosen))


def _shown(chosen: Chosen) -> ContactAnswer | None:
    if chosen.assignment is not None:
        return contact_answers.assignment(chosen.assignment)
    return contact_answers.contact(chosen.contact, chosen.by.account)
