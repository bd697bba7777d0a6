"""Where Zuora tells that something changed there; authenticated by an HMAC over the raw body."""

from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from chalicelib import observability, settings, wiring
from chalicelib.api.http import Answer, Call, SignIn, endpoint
from chalicelib.api.parsing import LARGEST_BODY, wrong
from chalicelib.api.problems import BodyTooLarge
from chalicelib.api.schemas import AnswerModel
from chalicelib.domain.errors import BadSignature
from chalicelib.operations import receive_callout as callouts
from chalicelib.operations.receive_callout import Callout

bp = Blueprint(__name__)

ZuoraId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
NOTIFICATION = "zuora-notification-id"
_LONGEST_NOTIFICATION = 255


class CalloutBody(BaseModel):
    """What a callout template sends: the ids of what changed. Anything else in it is not looked at."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    account_id: ZuoraId | None = Field(None, validation_alias=AliasChoices("account_id", "accountId", "AccountId"))
    contact_id: ZuoraId | None = Field(None, validation_alias=AliasChoices("contact_id", "contactId", "ContactId"))


class CalloutTaken(AnswerModel):
    """The callout has been taken; what becomes of it shows in the history."""

    success: Literal[True] = True


@endpoint(
    bp,
    "POST",
    "/v1/callouts/zuora",
    tag="callouts",
    signed_body=CalloutBody,
    answers=CalloutTaken,
    status=HTTPStatus.OK,
    sign_in=SignIn.NONE,
    refusals=[BadSignature],
)
def receive_callout(call: Call) -> Answer:
    """Takes a callout of Zuora.

    The body is a JSON object with `account_id` and `contact_id` (Zuora's ids, one is enough); the header that the
    setting `CalloutSignatureHeader` names carries the HMAC-SHA256 of the raw body in base64 or hex. The change
    itself is read from Zuora.
    """
    if len(call.raw_body) > LARGEST_BODY:
        raise BodyTooLarge
    signature = call.headers.get(settings.current().callout_signature_header.lower())
    callouts.check_signature(call.raw_body, signature, wiring.callout_keys())
    try:
        body = CalloutBody.model_validate_json(call.raw_body)
    except ValidationError as error:
        raise wrong(error, call.raw_body) from None
    notification_id = (call.headers.get(NOTIFICATION) or "")[:_LONGEST_NOTIFICATION] or None
    noted = callouts.receive(Callout(notification_id, body.account_id, body.contact_id), now=call.now)
    observability.count("Callouts", outcome="noted" if noted else "passed_over")
    return Answer(CalloutTaken())
