"""What we read in SES's feedback, as AWS documents it (R25)."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from chalicelib.domain.invitations import DeliveryState
from chalicelib.functions.ses_events import NotOurs, feedback_of
from chalicelib.operations.note_feedback import Feedback
from tests.contract import ses_samples

SENT_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
AT = datetime(2026, 11, 2, 9, 30, 4, 250_000, tzinfo=UTC)
ON_THE_LIST = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your account."
)

# state, whether the mailbox is let alone from now on, the reason, when
NEWS: dict[str, tuple[DeliveryState, bool, str | None, datetime]] = {
    "delivery": (DeliveryState.DELIVERED, False, None, AT),
    "bounce-permanent": (DeliveryState.BOUNCED, True, "smtp; 550 5.1.1 <recipient@example.com>: user unknown", AT),
    "bounce-suppressed": (DeliveryState.BOUNCED, True, ON_THE_LIST, AT),
    "bounce-without-dsn": (DeliveryState.BOUNCED, True, "NoEmail", AT),
    "complaint": (DeliveryState.COMPLAINED, True, "abuse", AT),
    "complaint-without-report": (DeliveryState.COMPLAINED, True, None, AT),
    "reject": (DeliveryState.FAILED, False, "Bad content", SENT_AT),
}
OF_NO_INTEREST = {
    "bounce-transient": "Bounce",
    "bounce-undetermined": "Bounce",
    "delivery-delay": "DeliveryDelay",
    "rendering-failure": "Rendering Failure",
    "send": "Send",
    "open": "Open",
    "click": "Click",
    "subscription": "Subscription",
    "notification-bounce": "Bounce",  # of an identity: those carry no tags
    "greeting-of-a-topic": "greeting",
    "greeting-of-an-identity": "greeting",
}


def test_every_sample_is_news_or_of_no_interest() -> None:
    """A type that nobody has thought about fails here."""
    assert sorted(ses_samples.ALL) == sorted([*NEWS, *OF_NO_INTEREST])


@pytest.mark.parametrize("enveloped", [True, False])
@pytest.mark.parametrize("name", NEWS)
def test_news_are_read_with_and_without_the_envelope(name: str, *, enveloped: bool) -> None:
    """R25: which invitation, which of its links, and what became of the mail."""
    state, comes_back, reason, at = NEWS[name]
    assert feedback_of(ses_samples.ALL[name] if enveloped else ses_samples.raw(name)) == Feedback(
        account_id="acc_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        invitation_id="inv_01ARZ3NDEKTSV4RRFFQ69G5FAV0123456789",
        generation=2,
        state=state,
        comes_back=comes_back,
        reason=reason,
        at=at,
    )


@pytest.mark.parametrize("enveloped", [True, False])
@pytest.mark.parametrize("name", OF_NO_INTEREST)
def test_what_is_of_no_interest_is_let_go_by_name(name: str, *, enveloped: bool) -> None:
    """R25: soft bounces and delays are not the end of it, and what SES says once when it is set up is no alarm."""
    with pytest.raises(NotOurs, match=f"^{OF_NO_INTEREST[name]}$"):
        feedback_of(ses_samples.ALL[name] if enveloped else ses_samples.raw(name))


@pytest.mark.parametrize("missing", ["account_id", "invitation_id", "generation"])
def test_a_mail_without_our_tags_is_not_ours(missing: str) -> None:
    """R25: the mails to managers carry no invitation, and other services may share the topic."""
    said = json.loads(ses_samples.raw("bounce-permanent"))
    del said["mail"]["tags"][missing]
    with pytest.raises(NotOurs):
        feedback_of(json.dumps(said))


@pytest.mark.parametrize(
    "body",
    ["", "no JSON", "[]", "{}", '{"Type": "Notification", "Message": "no JSON"}', '{"Message": "{}"}',
     '{"eventType": "Bounce"}', '{"eventType": "Delivery", "mail": {"timestamp": "yesterday"}}'],
)  # fmt: skip
def test_what_is_no_feedback_is_not_taken_for_any(body: str) -> None:
    """It goes to the dead letters, where somebody looks at it."""
    with pytest.raises(ValidationError):
        feedback_of(body)


def test_a_link_that_is_not_a_number_is_not_taken_for_one() -> None:
    """A tag that we have not written."""
    with pytest.raises(ValueError, match="invalid literal"):
        feedback_of(ses_samples.about("delivery", {"generation": "x"}))


def test_a_reason_is_one_clean_short_line() -> None:
    """R27: what a stranger's mail server says is typed text too."""
    said = json.loads(ses_samples.raw("bounce-permanent"))
    said["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "550 \u202eno\r\n\u200bsuch\x00user " + "x" * 1000
    reason = feedback_of(json.dumps(said)).reason
    assert reason is not None
    assert reason.startswith("550 no suchuser x")
    assert len(reason) == 300
