"""Billing accounts, as the support desk sees them."""

from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field

from chalicelib import settings, wiring
from chalicelib.api import shaping
from chalicelib.api.desk import PATH, ForTicket, desk
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.schemas import ImportedAccount
from chalicelib.domain.errors import (
    IdempotencyKeyReused,
    OwnAddress,
    OwnRecord,
    SupportOnly,
    ZuoraAccountNotFound,
    ZuoraUnavailable,
)
from chalicelib.operations import import_account as importing

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
    body=ImportAccount,
    answers=ImportedAccount,
    status=HTTPStatus.CREATED,
    more_statuses=[HTTPStatus.OK],
    creates=True,
    refusals=[SupportOnly, OwnAddress, OwnRecord, ZuoraAccountNotFound, ZuoraUnavailable, IdempotencyKeyReused],
)
def import_account(call: Call, body: ImportAccount) -> Answer:
    """Imports an account with its contacts; the Sold To becomes the first manager. 200 when it is known already."""
    current = settings.current()
    imported = importing.import_account(
        desk(call, body),
        body.zuora_account_id,
        zuora=wiring.zuora(),
        fields=wiring.zuora_fields(),
        limits=current.limits,
        request=call.repeatable,
        now=call.now,
    )
    answer = shaping.imported_account(imported, most_pending=current.pending_invitations_per_account)
    headers = {"Idempotency-Replayed": "true"} if imported.replayed else {}
    return Answer(answer, HTTPStatus.OK if imported.known_before else HTTPStatus.CREATED, headers)
