"""Contacts, as the support desk sees them (R65)."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field

from chalicelib import wiring
from chalicelib.api.support.agents import PATH, ForTicket, desk, reader, tagged
from chalicelib.api.web import contact_answers
from chalicelib.api.web.answers import Page
from chalicelib.api.web.contact_answers import DriftAnswer, EditedContact, OutOfStepAnswer, SupportContact
from chalicelib.api.web.event_answers import EventAnswer
from chalicelib.api.web.fields import (
    ContactEmail,
    Country,
    PageQuery,
    PersonName,
    Place,
    PostalCode,
    Street,
)
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import HistoryQuery, listed, listed_events
from chalicelib.domain.contacts import FIELDS, SyncState
from chalicelib.domain.errors import (
    ContactDeleted,
    ContactNotFound,
    HouseAddress,
    IdempotencyKeyReused,
    Invalid,
    OwnAccount,
    OwnAddress,
    SupportOnly,
    VersionConflict,
    ZuoraContactNotFound,
    ZuoraUnavailable,
)
from chalicelib.operations.contacts import add_contact as adding
from chalicelib.operations.contacts import edit_contact as editing
from chalicelib.operations.contacts import request_sync as syncing
from chalicelib.operations.contacts import view_contact as viewing
from chalicelib.operations.contacts.request_sync import Prefer

bp = Blueprint(__name__)
_CONTACTS = PATH + "/contacts"
_CONTACT = _CONTACTS + "/{contact_id}"


class AddContact(ForTicket):
    """The Zuora contact to take over."""

    zuora_contact_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class EditContact(ForTicket):
    """The changes; what is left out stays, an empty text clears the field. ``dry_run`` only says what would be."""

    first_name: PersonName | None = None
    last_name: PersonName | None = None
    work_email: ContactEmail | None = None
    address1: Street | None = None
    address2: Street | None = None
    city: Place | None = None
    state: Place | None = None
    postal_code: PostalCode | None = None
    country: Country | None = None
    dry_run: bool = False


class SyncContact(ForTicket):
    """Whose values are right."""

    prefer: Prefer = Prefer.OURS


class SyncQuery(PageQuery):
    """Which contacts: those that Zuora refused, or that wait, or that are no more there."""

    state: Annotated[SyncState, Field(description="failed, pending or deleted_in_zuora")] = SyncState.FAILED


@endpoint(
    bp,
    "POST",
    _CONTACTS,
    tag="support",
    answers=SupportContact,
    status=HTTPStatus.CREATED,
    more_statuses=[HTTPStatus.OK],
    idempotency_key=True,
    refusals=[SupportOnly, OwnAccount, ZuoraContactNotFound, ZuoraUnavailable, IdempotencyKeyReused],
)
def add_contact(request: Request, body: AddContact) -> Response:
    """Takes over a contact that only Zuora knows; its account need not be here. 200 when it is known already."""
    added = adding.add_contact(
        desk(request, body),
        body.zuora_contact_id,
        zuora=wiring.zuora(),
        context=request.context,
    )
    answer = contact_answers.support_contact(added.contact, added.account)
    status = HTTPStatus.OK if added.known_before else HTTPStatus.CREATED
    headers = {"Idempotency-Replayed": "true"} if added.replayed else {}
    return replace(tagged(answer, added.contact.version, headers), status=status)


@endpoint(bp, "GET", _CONTACT, tag="support", answers=SupportContact, refusals=[SupportOnly, ContactNotFound])
def view_contact(request: Request, contact_id: str) -> Response:
    """One contact, with its sync state."""
    viewed = viewing.view_contact(reader(request), contact_id)
    return tagged(contact_answers.support_contact(viewed.contact, viewed.account), viewed.contact.version)


@endpoint(
    bp,
    "PATCH",
    _CONTACT,
    tag="support",
    answers=EditedContact,
    refusals=[SupportOnly, OwnAccount, OwnAddress, HouseAddress, ContactNotFound, ContactDeleted, VersionConflict],
)
def edit_contact(request: Request, contact_id: str, body: EditContact) -> Response:
    """Edits a contact; the queue updates Zuora.

    With If-Match (the ETag, or ``version``) it is refused with 412 when somebody else was faster.
    """
    edited = editing.edit_contact(
        desk(request, body),
        contact_id,
        {name: value for name in FIELDS if (value := getattr(body, name)) is not None},
        version=request.if_match,
        dry_run=body.dry_run,
        now=request.now,
    )
    answer = contact_answers.edited(edited, dry_run=body.dry_run)
    return Response(answer) if body.dry_run else tagged(answer, edited.contact.version)


@endpoint(
    bp,
    "POST",
    _CONTACT + "/sync",
    tag="support",
    answers=SupportContact,
    status=HTTPStatus.ACCEPTED,
    refusals=[SupportOnly, OwnAccount, ContactNotFound, ContactDeleted],
)
def sync_contact(request: Request, contact_id: str, body: SyncContact) -> Response:
    """Has a contact synced: with our values (``ours``), or with Zuora's (``zuora``)."""
    requested = syncing.request_sync(desk(request, body), contact_id, body.prefer, now=request.now)
    return Response(contact_answers.support_contact(requested.contact, requested.account))


@endpoint(
    bp,
    "GET",
    _CONTACT + "/history",
    tag="support",
    answers=Page[EventAnswer],
    refusals=[SupportOnly, ContactNotFound],
)
def list_contact_history(request: Request, contact_id: str, query: HistoryQuery) -> Response:
    """What happened to a contact, newest first; of these types if any is named.

    Of an edit, `data` has the values: `<field>_before` and `<field>_after`.
    """
    return listed_events(
        f"{contact_id} contact history",
        query,
        lambda types, part: viewing.history_of(reader(request), contact_id, types, part),
    )


@endpoint(
    bp,
    "GET",
    PATH + "/sync",
    tag="support",
    answers=Page[OutOfStepAnswer],
    refusals=[SupportOnly],
)
def list_out_of_step(request: Request, query: SyncQuery) -> Response:
    """The contacts, and the choices of contacts, that Zuora refused, has not got yet, or has deleted."""
    if query.state is SyncState.SYNCED:
        raise Invalid("state", "failed, pending or deleted_in_zuora")
    return listed(
        f"sync {query.state}",
        query,
        lambda part: viewing.out_of_step(reader(request), query.state, part),
        contact_answers.out_of_step,
    )


@endpoint(
    bp,
    "GET",
    PATH + "/drift",
    tag="support",
    answers=Page[DriftAnswer],
    refusals=[SupportOnly],
)
def list_drift(request: Request, query: PageQuery) -> Response:
    """Where the nightly round found our copies and Zuora to differ; what is in sync again leaves the list."""
    return listed(
        "drift",
        query,
        lambda part: viewing.drift(reader(request), part),
        contact_answers.drift,
    )
