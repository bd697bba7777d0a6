"""Sign-in links, as the portal's back end redeems them."""

from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field

from chalicelib import wiring
from chalicelib.api.web.answers import AnswerModel
from chalicelib.api.web.fields import PastedToken, RequestModel
from chalicelib.api.web.http import Request, Response, SignIn, endpoint
from chalicelib.domain.errors import (
    LoginDeactivated,
    SignInLinkExpired,
    SignInLinkNotFound,
    SignInLinkSuperseded,
    SignInLinkUsed,
)
from chalicelib.operations.customers import sign_in_link

bp = Blueprint(__name__)


class Redeem(RequestModel):
    """The token after the # of the link."""

    token: Annotated[PastedToken, Field(min_length=1)]


class Redeemed(AnswerModel):
    """Who a sign-in link belongs to."""

    customer_id: str
    email: str
    first_name: str
    last_name: str


@endpoint(
    bp,
    "POST",
    "/v1/sign-in-links/redeem",
    tag="portal",
    answers=Redeemed,
    sign_in=SignIn.PORTAL,
    refusals=[SignInLinkNotFound, SignInLinkUsed, SignInLinkExpired, SignInLinkSuperseded, LoginDeactivated],
)
def redeem_sign_in_link(request: Request, body: Redeem) -> Response:
    """Redeems a sign-in link and says whose it is; for the portal's back end, with its own credential."""
    claim = wiring.sign_in_claim_of(body.token)
    if claim is None:
        raise SignInLinkNotFound
    person = sign_in_link.redeem(claim, now=request.now)
    answer = Redeemed(
        customer_id=person.id, email=person.address, first_name=person.first_name, last_name=person.last_name
    )
    return Response(answer)
