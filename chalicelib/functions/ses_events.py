"""SES's feedback as documented, and what it means to us.

Both shapes are read: event publishing (``eventType``) and identity notifications (``notificationType``),
bare or inside an SNS envelope.
"""

from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.domain.invitations import DeliveryState
from chalicelib.domain.texts import cleaned
from chalicelib.operations.note_feedback import Feedback

_LONGEST_REASON = 300
_GREETINGS = ("Successfully validated SNS topic for Amazon SES", '{"notificationType":"AmazonSnsSubscriptionSucceeded"')
"""How the messages begin that SES sends once when a topic is set up: plain text, or JSON about no mail."""


class NotOurs(Exception):
    """News that concern no invitation; the text is the type of the event."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)


class _Recipient(_Part):
    diagnosticCode: str | None = None  # noqa: N815 -- SES's name


class _Bounce(_Part):
    bounceType: str  # noqa: N815 -- SES's name
    bounceSubType: str = ""  # noqa: N815 -- SES's name
    bouncedRecipients: list[_Recipient] = []  # noqa: N815 -- SES's name; pydantic copies defaults
    timestamp: AwareDatetime


class _Complaint(_Part):
    complaintFeedbackType: str | None = None  # noqa: N815 -- SES's name
    timestamp: AwareDatetime


class _Delivery(_Part):
    timestamp: AwareDatetime


class _Reject(_Part):
    reason: str = ""


class _Mail(_Part):
    timestamp: AwareDatetime
    tags: dict[str, list[str]] = Field(default_factory=dict)


class _News(_Part):
    eventType: str | None = None  # noqa: N815 -- SES's name
    notificationType: str | None = None  # noqa: N815 -- SES's name
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery: _Delivery | None = None
    reject: _Reject | None = None


class _Envelope(_Part):
    Type: str | None = None
    Message: str | None = None


def feedback_of(body: str) -> Feedback:
    """What a message of the feedback queue says of an invitation.

    Raises NotOurs for news of other mails or of no interest, and pydantic's ValidationError for what is
    no feedback of SES at all.
    """
    said = body if body.startswith(_GREETINGS) else _Envelope.model_validate_json(body).Message or body
    if said.startswith(_GREETINGS):
        raise NotOurs("greeting")
    news = _News.model_validate_json(said)
    kind = news.eventType or news.notificationType or ""
    tags = {name: values[0] for name, values in news.mail.tags.items() if values}
    if not {"account_id", "invitation_id", "generation"} <= tags.keys():
        raise NotOurs(kind)
    state, comes_back, reason, at = _meaning(kind, news)
    return Feedback(
        account_id=tags["account_id"],
        invitation_id=tags["invitation_id"],
        generation=int(tags["generation"]),
        state=state,
        comes_back=comes_back,
        reason=cleaned(reason)[:_LONGEST_REASON] or None if reason else None,
        at=at.astimezone(UTC),
    )


def _meaning(kind: str, news: _News) -> tuple[DeliveryState, bool, str | None, datetime]:
    """State, whether the mailbox is to be let alone, why, and since when. A soft bounce is not the end of it."""
    if kind == "Delivery" and news.delivery is not None:
        return DeliveryState.DELIVERED, False, None, news.delivery.timestamp
    if kind == "Bounce" and news.bounce is not None and news.bounce.bounceType == "Permanent":
        said = [each.diagnosticCode for each in news.bounce.bouncedRecipients if each.diagnosticCode]
        return DeliveryState.BOUNCED, True, said[0] if said else news.bounce.bounceSubType, news.bounce.timestamp
    if kind == "Complaint" and news.complaint is not None:
        return DeliveryState.COMPLAINED, True, news.complaint.complaintFeedbackType, news.complaint.timestamp
    if kind == "Reject" and news.reject is not None:
        return DeliveryState.FAILED, False, news.reject.reason, news.mail.timestamp
    raise NotOurs(kind)
