"""Customers, as the support desk sees, makes and edits them (R64)."""

from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint
from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from chalicelib import wiring
from chalicelib.api.support import support_serializers
from chalicelib.api.support.agents import PATH, ForTicket, desk, reader, tagged
from chalicelib.api.support.support_schemas import EditedCustomer, SignInLink, SupportCustomer
from chalicelib.api.web import customer_answers
from chalicelib.api.web.answers import Page
from chalicelib.api.web.customer_answers import CustomerAnswer
from chalicelib.api.web.event_answers import EventAnswer
from chalicelib.api.web.fields import EmailAddress, PlainReason
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import HistoryQuery, listed_events
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    CustomerNotFound,
    DeliberatelyDeactivated,
    EmailTaken,
    HouseAddress,
    IdempotencyKeyReused,
    LastLogin,
    LoginDeactivated,
    OwnAccount,
    OwnAddress,
    OwnRecord,
    SecondAgentNeeded,
    SupportOnly,
    TooManyAccounts,
    VersionConflict,
)
from chalicelib.domain.texts import cleaned
from chalicelib.operations.accounts import support_views
from chalicelib.operations.customers import create_customer as creating
from chalicelib.operations.customers import edit_customer as editing
from chalicelib.operations.customers import sign_in_link, unlink_sign_in
from chalicelib.operations.customers.switch_login import Switch

bp = Blueprint(__name__)
_LIST = PATH + "/customers"
_PATH = _LIST + "/{customer_id}"
Name = Annotated[str, Field(max_length=100), AfterValidator(cleaned)]


class CreateCustomer(ForTicket):
    """Whom to make a record for."""

    email: EmailAddress
    first_name: Name
    last_name: Name


_FIELDS = ("first_name", "last_name", "email", "login_activated")
_SOMETHING: list[JsonValue] = [{"required": ["replace_sold_to"], "properties": {"replace_sold_to": {"const": True}}}]
_SOMETHING += [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in _FIELDS]


class EditCustomer(ForTicket):
    """What is to be different. ``replace_sold_to`` makes the person the Sold To where no contact carries their address.

    ``confirm_reactivation`` is for a login that somebody switched off deliberately; ``allow_last``, with a ``reason``,
    for that of the last one who can sign in and manages an account. ``dry_run`` changes nothing.
    """

    model_config = ConfigDict(json_schema_extra={"anyOf": _SOMETHING})

    first_name: Name | None = None
    last_name: Name | None = None
    email: EmailAddress | None = None
    login_activated: bool | None = None
    confirm_reactivation: bool = False
    allow_last: bool = False
    reason: PlainReason | None = None
    replace_sold_to: bool = False
    dry_run: bool = False

    @model_validator(mode="after")
    def _something(self) -> "EditCustomer":
        changes = (self.first_name, self.last_name, self.email, self.login_activated)
        if not self.replace_sold_to and all(each is None for each in changes):
            raise PydanticCustomError("missing", "something that is to be different is needed")
        if self.allow_last and self.reason is None:
            raise PydanticCustomError("needed", "allow_last needs a reason", {"field": "reason"})
        return self


@endpoint(
    bp,
    "POST",
    _LIST,
    tag="support",
    answers=CustomerAnswer,
    status=HTTPStatus.CREATED,
    idempotency_key=True,
    refusals=[SupportOnly, OwnAddress, HouseAddress, EmailTaken, IdempotencyKeyReused],
)
def create_customer(request: Request, body: CreateCustomer) -> Response:
    """Makes a record for somebody who has none; ``email_taken`` names who has the address."""
    person = creating.NewPerson(Address(body.email), body.first_name, body.last_name)
    made = creating.create_customer(desk(request, body), person, context=request.context)
    headers = {"Location": f"{_LIST}/{made.customer.id}"}
    if made.replayed:
        headers["Idempotency-Replayed"] = "true"
    return tagged(customer_answers.customer(made.customer), made.customer.version, headers)


@endpoint(bp, "GET", _PATH, tag="support", answers=SupportCustomer, refusals=[SupportOnly, CustomerNotFound])
def view_customer(request: Request, customer_id: str) -> Response:
    """A customer with the accounts that they manage."""
    seen = support_views.customer(reader(request), customer_id)
    return tagged(support_serializers.customer(seen), seen.customer.version)


@endpoint(
    bp,
    "GET",
    _PATH + "/history",
    tag="support",
    answers=Page[EventAnswer],
    refusals=[SupportOnly, CustomerNotFound],
)
def customer_history(request: Request, customer_id: str, query: HistoryQuery) -> Response:
    """What happened to the person, on whatever account, newest first; of these types if any is named.

    Of an edit, `data` has the values: `<field>_before` and `<field>_after`.
    """
    return listed_events(
        f"support {customer_id} history",
        query,
        lambda types, part: support_views.customer_history(reader(request), customer_id, types, part),
    )


@endpoint(
    bp,
    "PATCH",
    _PATH,
    tag="support",
    answers=EditedCustomer,
    refusals=[
        SupportOnly, OwnAccount, OwnRecord, OwnAddress, HouseAddress, SecondAgentNeeded, CustomerNotFound, EmailTaken,
        DeliberatelyDeactivated, LastLogin, TooManyAccounts, VersionConflict,
    ],
)  # fmt: skip
def edit_customer(request: Request, customer_id: str, body: EditCustomer) -> Response:
    """Changes name, address or login of a customer; the Zuora contacts that carry the previous address follow.

    Switching a login off ends the invitations that the person sent. Where nobody else who can sign in manages an
    account of theirs, it is refused, and `accounts` names them (the first 20). The old and the new address are told of
    a change. With ``dry_run`` nothing happens, and the answer says what would.
    """
    edit = editing.Edit(
        first_name=body.first_name,
        last_name=body.last_name,
        address=Address(body.email) if body.email else None,
        switch=_switch(body),
        replace_sold_to=body.replace_sold_to,
        dry_run=body.dry_run,
        version=request.if_match,
    )
    edited = editing.edit_customer(desk(request, body), customer_id, edit, context=request.context)
    return tagged(support_serializers.edited(edited, dry_run=body.dry_run), edited.after.version)


def _switch(body: EditCustomer) -> Switch | None:
    if body.login_activated is None:
        return None
    return Switch(
        on=body.login_activated,
        confirmed=body.confirm_reactivation,
        allow_last=body.allow_last,
        reason=body.reason,
    )


@endpoint(
    bp,
    "POST",
    _PATH + "/unlink",
    tag="support",
    status=HTTPStatus.NO_CONTENT,
    refusals=[SupportOnly, OwnAccount, OwnRecord, SecondAgentNeeded, CustomerNotFound],
)
def unlink_customer(request: Request, customer_id: str, body: ForTicket) -> Response:
    """Takes the sign-in off the customer; the next one with the verified address is bound again."""
    unlink_sign_in.unlink_sign_in(desk(request, body), customer_id, now=request.now)
    return Response()


@endpoint(
    bp,
    "POST",
    _PATH + "/sign-in-link",
    tag="support",
    answers=SignInLink,
    status=HTTPStatus.CREATED,
    idempotency_key=True,
    refusals=[SupportOnly, OwnAccount, OwnRecord, CustomerNotFound, LoginDeactivated, IdempotencyKeyReused],
)
def create_sign_in_link(request: Request, customer_id: str, body: ForTicket) -> Response:
    """A link that signs the person in once within 24 hours; shown here and never again. Older links are dead."""
    made = sign_in_link.create(desk(request, body), customer_id, context=request.context)
    headers = {"Idempotency-Replayed": "true"} if made.replayed else {}
    answer = SignInLink(url=wiring.sign_in_url(made.link), expires_at=made.link.expires_at)
    return Response(answer, headers=headers)
