"""Billing accounts, as the support desk sees them."""

from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field

from chalicelib import settings, wiring
from chalicelib.api.support.agents import PATH, ForTicket, desk
from chalicelib.api.support.support_schemas import ImportedAccount, ImportedManager
from chalicelib.api.web import account_answers, contact_answers
from chalicelib.api.web.contact_answers import ContactPair
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.domain.errors import (
    IdempotencyKeyReused,
    OwnAddress,
    OwnRecord,
    SupportOnly,
    ZuoraAccountNotFound,
    ZuoraUnavailable,
)
from chalicelib.operations.accounts import import_account as importing
from chalicelib.operations.accounts.import_account import Imported

bp = Blueprint(__name__)
_PATH = PATH + "/billing-accounts"


class ImportAccount(ForTicket):
    """The Zuora account to take over: its id, or its account number."""

    zuora_account_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


@endpoint(
    bp,
    "POST",
    _PATH,
    tag="support",
    answers=ImportedAccount,
    status=HTTPStatus.CREATED,
    more_statuses=[HTTPStatus.OK],
    idempotency_key=True,
    refusals=[SupportOnly, OwnAddress, OwnRecord, ZuoraAccountNotFound, ZuoraUnavailable, IdempotencyKeyReused],
)
def import_account(request: Request, body: ImportAccount) -> Response:
    """Imports an account with its contacts; the Sold To becomes the first manager. 200 when it is known already."""
    current = settings.current()
    imported = importing.import_account(
        desk(request, body),
        body.zuora_account_id,
        zuora=wiring.zuora(),
        fields=wiring.zuora_fields(),
        context=request.context,
    )
    answer = _imported_account(imported, most_pending=current.pending_invitations_per_account)
    headers = {"Idempotency-Replayed": "true"} if imported.replayed else {}
    return Response(answer, HTTPStatus.OK if imported.known_before else HTTPStatus.CREATED, headers)


def _imported_account(imported: Imported, *, most_pending: int) -> ImportedAccount:
    """An imported account with its contacts and its first manager."""
    whole, first = imported.account, imported.first_manager.customer
    fields = account_answers.account_fields(whole, None, most_pending=most_pending)
    pair = ContactPair(
        sold_to=contact_answers.contact(imported.sold_to, whole),
        bill_to=contact_answers.contact(imported.bill_to, whole),
    )
    person = None
    if first is not None:
        person = ImportedManager(
            id=first.id, first_name=first.first_name, last_name=first.last_name, email=first.address
        )
    refused = imported.first_manager.refused
    return ImportedAccount.model_validate(
        {**fields, "contacts": pair, "first_manager": person, "first_manager_refused": refused}
    )
