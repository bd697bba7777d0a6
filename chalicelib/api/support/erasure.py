"""Erasing one person, as the support desk does it."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.support.agents import PATH, ForTicket, desk
from chalicelib.api.support.support_schemas import Erased
from chalicelib.api.web.fields import EmailAddress
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    CustomerNotFound,
    LastManager,
    OwnAccount,
    OwnRecord,
    StillContact,
    SupportOnly,
    ZuoraUnavailable,
)
from chalicelib.operations.customers import erase_customer as erasing

bp = Blueprint(__name__)


class EraseCustomer(ForTicket):
    """The person's address, typed again as the confirmation.

    ``scrub_in_zuora`` is the address once more: only then Zuora overwrites the contacts, which nothing brings back.
    """

    confirm_email: EmailAddress
    scrub_in_zuora: EmailAddress | None = None


@endpoint(
    bp,
    "POST",
    PATH + "/customers/{customer_id}/erase",
    tag="support",
    answers=Erased,
    refusals=[SupportOnly, OwnAccount, OwnRecord, CustomerNotFound, LastManager, StillContact, ZuoraUnavailable],
)
def erase_customer(request: Request, customer_id: str, body: EraseCustomer) -> Response:
    """Forgets a person: record, memberships, invitations, our copies of their contacts. It cannot be undone.

    Refused while the person is the last manager of an account, or its Sold To or Bill To; on one that is cancelled in
    Zuora their contact can be scrubbed instead. Broken off half-way, it is
    finished by asking again.
    """
    scrub = Address(body.scrub_in_zuora) if body.scrub_in_zuora else None
    confirmed = erasing.Confirmation(Address(body.confirm_email), scrub)
    erased = erasing.erase(desk(request, body), customer_id, confirmed, zuora=wiring.zuora(), context=request.context)
    return Response(
        Erased(
            customer_id=erased.customer_id,
            erased_at=erased.erased_at,
            ended_memberships=erased.ended_memberships,
            scrubbed_invitations=erased.scrubbed_invitations,
            removed_contacts=list(erased.removed_contacts),
            left_in_zuora=list(erased.left_in_zuora),
        )
    )
