"""Receives Zuora's callouts about changes there; authenticated by an HMAC over the raw body."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from chalicelib import observability, settings, wiring
from chalicelib.api.web.answers import AnswerModel
from chalicelib.api.web.http import Request, Response, SignIn, endpoint
from chalicelib.api.web.parsing import LARGEST_BODY
from chalicelib.api.web.problems import BodyTooLarge, MalformedJson, WrongFields
from chalicelib.domain.errors import BadSignature
from chalicelib.operations.zuora import receive_callout as callouts
from chalicelib.operations.zuora.receive_callout import Callout
from chalicelib.untrusted_json import Unreadable, parsed

bp = Blueprint(__name__)

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_SPELLINGS = {
    "account_id": ("account_id", "accountId", "AccountId"),
    "contact_id": ("contact_id", "contactId", "ContactId"),
}
ZuoraId = Annotated[str, Field(description="An id of Zuora's; one that cannot be any counts as absent.")]
NOTIFICATION = "zuora-notification-id"
_LONGEST_NOTIFICATION = 255


class CalloutBody(BaseModel):
    """What a callout template sends: the ids of what changed. Anything else in it is ignored.

    Zuora does not repeat what was refused, so whatever is usable is used: an id that is empty, or cannot be one, is
    absent; ``accountId`` and ``AccountId`` are good spellings too.
    """

    model_config = ConfigDict(extra="ignore", defer_build=True)

    account_id: ZuoraId | None = Field(None, validation_alias=AliasChoices(*_SPELLINGS["account_id"]))
    contact_id: ZuoraId | None = Field(None, validation_alias=AliasChoices(*_SPELLINGS["contact_id"]))


class CalloutTaken(AnswerModel):
    """The callout was accepted; the history shows its effect."""

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
def receive_callout(request: Request) -> Response:
    """Accepts a callout of Zuora.

    The body is a JSON object with `account_id` and `contact_id` (Zuora's ids, one is enough); the header that the
    setting `CalloutSignatureHeader` names carries the HMAC-SHA256 of the raw body in base64 or hex. The change
    itself is read from Zuora.
    """
    if len(request.raw_body) > LARGEST_BODY:
        raise BodyTooLarge
    signature = request.headers.get(settings.current().callout_signature_header.lower())
    callouts.check_signature(request.raw_body, signature, wiring.callout_keys())
    try:
        body = _read(request.raw_body)
    except (MalformedJson, WrongFields):
        observability.count("CalloutsUnusable")
        raise
    notification_id = (request.headers.get(NOTIFICATION) or "")[:_LONGEST_NOTIFICATION] or None
    noted = callouts.receive(Callout(notification_id, body.account_id, body.contact_id), now=request.now)
    observability.count("Callouts", outcome="noted" if noted else "passed_over")
    return Response(CalloutTaken())


def _read(raw: bytes) -> CalloutBody:
    """The usable ids. Raises MalformedJson, and WrongFields for a body that names nothing."""
    try:
        said = parsed(raw)
    except Unreadable:
        raise MalformedJson from None
    fields = said if isinstance(said, dict) else {}
    ids = {name: _usable(fields, spellings) for name, spellings in _SPELLINGS.items()}
    if not any(ids.values()):
        given = [each for spellings in _SPELLINGS.values() for each in spellings if each in fields]
        message = "account_id or contact_id must be an id of Zuora's"
        raise WrongFields([{"field": name, "message": message} for name in given or ["account_id"]])
    return CalloutBody(account_id=ids["account_id"], contact_id=ids["contact_id"])


def _usable(fields: Mapping[str, object], spellings: tuple[str, ...]) -> str | None:
    texts = [value.strip() for each in spellings if isinstance(value := fields.get(each), str)]
    return next((text for text in texts if _ID.fullmatch(text)), None)
