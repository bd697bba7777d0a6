"""Addresses that mails bounce from, as the support desk sees and lifts them (R25)."""

from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint

from chalicelib.api.support.agents import PATH, ForTicket, desk, reader
from chalicelib.api.support.support_schemas import SuppressionAnswer
from chalicelib.api.web.event_answers import event
from chalicelib.api.web.fields import BlanksArePluses, EmailAddress, RequestModel
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import OwnAccount, SupportOnly
from chalicelib.operations.mails import lift_suppression as lifting
from chalicelib.operations.mails import view_suppression as viewing

bp = Blueprint(__name__)
_PATH = PATH + "/suppressions"


class SuppressionQuery(RequestModel):
    """Which address, exactly: nothing is folded."""

    email: Annotated[EmailAddress, BlanksArePluses]


class LiftSuppression(ForTicket):
    """Which address is mailed again, exactly."""

    email: EmailAddress


@endpoint(
    bp, "GET", _PATH, tag="support", answers=SuppressionAnswer, refusals=[SupportOnly]
)  # fmt: skip
def view_suppression(request: Request, query: SuppressionQuery) -> Response:
    """Whether exactly that address is suppressed, why, and until when.

    `last_lifted` says who of support last had it mailed again, for which ticket.
    """
    address = Address(query.email)
    seen = viewing.view_suppression(reader(request), address, context=request.context)
    found = seen.mark
    return Response(
        SuppressionAnswer(
            email=address,
            suppressed=found is not None,
            reason=found.reason if found else None,
            until=found.until if found else None,
            last_lifted=event(seen.last_lifted) if seen.last_lifted else None,
        )
    )


@endpoint(
    bp,
    "POST",
    _PATH + "/lift",
    tag="support",
    status=HTTPStatus.NO_CONTENT,
    refusals=[SupportOnly, OwnAccount],
)
def lift_suppression(request: Request, body: LiftSuppression) -> Response:
    """Lets mails go to the address again, once its owner has mended the mailbox or has asked for them."""
    lifting.lift_suppression(desk(request, body), Address(body.email), context=request.context)
    return Response()
