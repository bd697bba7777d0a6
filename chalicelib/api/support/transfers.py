"""Transfers of ownership, as the support desk starts, watches and cancels them (R66)."""

from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.support import support_serializers
from chalicelib.api.support.agents import PATH, ForTicket, desk, reader
from chalicelib.api.support.support_schemas import TransferAnswer
from chalicelib.api.web.fields import EmailAddress, Id, RequestModel, in_words
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.verification_fields import VerificationField, proof
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountClosed,
    AccountNotFound,
    CustomerNotFound,
    HouseAddress,
    IdempotencyKeyReused,
    ManagerNotFound,
    OwnAccount,
    OwnAddress,
    OwnRecord,
    PersonsMembershipLimitReached,
    SupportOnly,
    TransferNotFound,
    TransferOpen,
    TransferOver,
    VerificationInsufficient,
    ZuoraUnavailable,
)
from chalicelib.domain.memberships import Role
from chalicelib.operations.managers.grant_membership import Grantee
from chalicelib.operations.transfers import start_transfer as transferring

bp = Blueprint(__name__)
_LIST = PATH + "/billing-accounts/{account_id}/transfers"
_PATH = _LIST + "/{transfer_id}"


class NewOwner(RequestModel):
    """Somebody who may have no record yet."""

    email: EmailAddress


class StartTransfer(ForTicket):
    """From whom (a customer id) to whom (a customer id, or an address), on which proof."""

    from_: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", alias="from"), in_words("must be the id of a customer")
    ]
    to: Id | NewOwner
    role: Role = Role.ADMIN
    verification: VerificationField


@endpoint(
    bp,
    "POST",
    PATH + "/billing-accounts/{account_id}/transfer",
    tag="support",
    answers=TransferAnswer,
    status=HTTPStatus.ACCEPTED,
    idempotency_key=True,
    refusals=[
        SupportOnly, OwnAccount, OwnRecord, OwnAddress, HouseAddress, AccountNotFound, ManagerNotFound,
        CustomerNotFound, AccountClosed, TransferOpen,
        PersonsMembershipLimitReached, VerificationInsufficient, ZuoraUnavailable, IdempotencyKeyReused,
    ],
)  # fmt: skip
def start_transfer(request: Request, account_id: str, body: StartTransfer) -> Response:
    """Transfers the account: new manager in, Sold To changed and synced, old manager out; look at it where it says.

    Somebody without a record is invited first, and the transfer waits for the acceptance. Where every seat is taken,
    one is borrowed until the old manager is out.
    """
    to = body.to
    whom = Grantee(to, None) if isinstance(to, str) else Grantee(None, Address(to.email))
    asked = transferring.TransferRequest(
        from_customer_id=body.from_,
        to=whom,
        role=body.role,
        proof=proof(body.verification),
    )
    started = transferring.start(desk(request, body), account_id, asked, context=request.context)
    headers = {"Location": f"{_LIST.format(account_id=account_id)}/{started.transfer.id}"}
    if started.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(support_serializers.transfer(started.transfer), headers=headers)


@endpoint(
    bp, "GET", _PATH, tag="support", answers=TransferAnswer, refusals=[SupportOnly, AccountNotFound, TransferNotFound]
)
def view_transfer(request: Request, account_id: str, transfer_id: str) -> Response:
    """A transfer, step by step."""
    return Response(support_serializers.transfer(transferring.view(reader(request), account_id, transfer_id)))


@endpoint(
    bp,
    "POST",
    _PATH + "/cancel",
    tag="support",
    answers=TransferAnswer,
    refusals=[SupportOnly, OwnAccount, AccountNotFound, TransferNotFound, TransferOver],
)
def cancel_transfer(request: Request, account_id: str, transfer_id: str, body: ForTicket) -> Response:
    """Cancels a transfer before its last step. Completed steps stay; a pending invitation is revoked."""
    return Response(
        support_serializers.transfer(transferring.cancel(desk(request, body), account_id, transfer_id, now=request.now))
    )
