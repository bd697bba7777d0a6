"""SES's feedback as documented, and what it means to us.

Both shapes are read: event publishing (``eventType``) and identity notifications (``notificationType``),
bare or inside an SNS envelope. What is missing or of another type than documented is taken for not said.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from chalicelib.domain.invitations import DeliveryState
from chalicelib.domain.texts import cleaned
from chalicelib.operations.mails.note_feedback import Feedback, News

T = TypeVar("T")

_LONGEST_REASON = 300
_GREETINGS = ("Successfully validated SNS topic for Amazon SES", '{"notificationType":"AmazonSnsSubscriptionSucceeded"')
"""How the messages begin that SES sends once when a topic is set up: plain text, or JSON about no mail."""
_NOT_FOR_THE_ADDRESS = frozenset({"mailboxfull", "messagetoolarge", "contentrejected", "attachmentrejected"})
"""Subtypes of a bounce that tell of this mail or this moment only; servers like to call them 5.x.x too."""
_HARD = re.compile(r"5\.\d{1,3}\.\d{1,3}")
_NO_SUCH_ADDRESS = re.compile(r"5\.1\.\d{1,3}")
_IN_A_DIAGNOSIS = re.compile(r"(?:^|;)\s*5\d\d[ -]#?(5\.\d{1,3}\.\d{1,3})\b")


class NotOurs(Exception):
    """News that concern no mail of ours, or change nothing; the text is the type of the event."""


def _or_nothing(value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
    """What cannot be read is taken for not said: the rest of the news is worth more than its form."""
    try:
        return handler(value)
    except ValidationError:
        return None


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _things(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _tags(value: Any) -> dict[str, str]:
    """The first value of each tag."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {name: said[0] for name, said in pairs if isinstance(said, list) and said and isinstance(said[0], str)}


_Text = Annotated[str, BeforeValidator(_said)]
_Time = Annotated[AwareDatetime | None, WrapValidator(_or_nothing)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)


class _Recipient(_Part):
    status: _Text = ""
    diagnosticCode: _Text = ""  # noqa: N815 -- SES's name


class _Bounce(_Part):
    bounceType: _Text = ""  # noqa: N815 -- SES's name
    bounceSubType: _Text = ""  # noqa: N815 -- SES's name
    bouncedRecipients: Annotated[list[_Recipient], BeforeValidator(_things)] = []  # noqa: N815 -- SES's name
    timestamp: _Time = None


class _Complaint(_Part):
    complaintFeedbackType: _Text = ""  # noqa: N815 -- SES's name
    timestamp: _Time = None


class _Delivery(_Part):
    timestamp: _Time = None


class _Reason(_Part):
    reason: _Text = ""
    errorMessage: _Text = ""  # noqa: N815 -- SES's name


class _Mail(_Part):
    timestamp: AwareDatetime
    tags: Annotated[dict[str, str], BeforeValidator(_tags)] = Field(default_factory=dict)


class _News(_Part):
    eventType: _Text = ""  # noqa: N815 -- SES's name
    notificationType: _Text = ""  # noqa: N815 -- SES's name
    mail: _Mail
    bounce: Annotated[_Bounce | None, WrapValidator(_or_nothing)] = None
    complaint: Annotated[_Complaint | None, WrapValidator(_or_nothing)] = None
    delivery: Annotated[_Delivery | None, WrapValidator(_or_nothing)] = None
    reject: Annotated[_Reason | None, WrapValidator(_or_nothing)] = None
    failure: Annotated[_Reason | None, WrapValidator(_or_nothing)] = None


class _Envelope(_Part):
    Type: str | None = None
    Message: str | None = None


def feedback_of(body: str) -> Feedback:
    """What a message of the feedback queue says of a mail.

    Raises NotOurs for news of mails that are not ours or of no interest, and pydantic's ValidationError for what is
    no feedback of SES at all.
    """
    said = body if body.startswith(_GREETINGS) else _Envelope.model_validate_json(body).Message or body
    if said.startswith(_GREETINGS):
        raise NotOurs("greeting")
    told = _News.model_validate_json(said)
    kind, tags = told.eventType or told.notificationType, told.mail.tags
    linked = {"account_id", "invitation_id", "generation"} <= tags.keys()
    if not linked and not {"customer_id", "recipient"} & tags.keys():
        raise NotOurs(kind or "unknown")
    return Feedback(
        news=_meaning(kind, told),
        event_id=tags.get("event_id", ""),
        audience=tags.get("audience", ""),
        recipient=tags.get("recipient"),
        customer_id=tags.get("customer_id"),
        account_id=tags["account_id"] if linked else None,
        invitation_id=tags["invitation_id"] if linked else None,
        generation=int(tags["generation"]) if linked else None,
    )


def _meaning(kind: str, told: _News) -> News:
    """State, whether the address is to be let alone, why, and since when."""
    sent_at = told.mail.timestamp
    if kind == "Delivery":
        return _news(DeliveryState.DELIVERED, told.delivery.timestamp if told.delivery else None, sent_at)
    if kind == "Bounce":
        bounce = told.bounce or _Bounce()
        reason = next((each.diagnosticCode for each in bounce.bouncedRecipients if each.diagnosticCode), "")
        hard = _is_hard(bounce)
        state = DeliveryState.BOUNCED if hard else DeliveryState.FAILED
        why = reason or bounce.bounceSubType or bounce.bounceType
        return _news(state, bounce.timestamp, sent_at, why, comes_back=hard, is_bounce=True)
    if kind == "Complaint":
        complaint = told.complaint or _Complaint()
        why = complaint.complaintFeedbackType
        if why.strip().lower().replace("_", "-") == "not-spam":  # somebody took it out of the spam folder
            raise NotOurs("not-spam")
        return _news(DeliveryState.COMPLAINED, complaint.timestamp, sent_at, why, comes_back=True)
    if kind in ("Reject", "Rendering Failure", "RenderingFailure"):
        refusal = told.reject or told.failure or _Reason()
        return _news(DeliveryState.FAILED, None, sent_at, refusal.reason or refusal.errorMessage or kind)
    raise NotOurs(kind or "unknown")


def _news(
    state: DeliveryState,
    at: datetime | None,
    sent_at: datetime,
    reason: str = "",
    *,
    comes_back: bool = False,
    is_bounce: bool = False,
) -> News:
    why = cleaned(reason)[:_LONGEST_REASON] or None
    return News(state, (at or sent_at).astimezone(UTC), why, comes_back=comes_back, is_bounce=is_bounce)


def _is_hard(bounce: _Bounce) -> bool:
    """Whether nothing will ever arrive there: SES says permanent, or the other server does (status 5.x.x).

    A full mailbox, a mail that is too large or unwanted say nothing of the address, unless the status does (5.1.x).
    """
    if bounce.bounceType.lower() == "permanent":
        return True
    about_this_mail = bounce.bounceSubType.replace(" ", "").lower() in _NOT_FOR_THE_ADDRESS
    wanted = _NO_SUCH_ADDRESS if about_this_mail else _HARD
    return any(wanted.fullmatch(status) for status in _statuses(bounce.bouncedRecipients))


def _statuses(recipients: Iterable[_Recipient]) -> Iterable[str]:
    """The enhanced status of each recipient, from the diagnosis where it is not said by itself."""
    for each in recipients:
        found = _IN_A_DIAGNOSIS.search(each.diagnosticCode)
        yield each.status.strip() or (found[1] if found else "")
