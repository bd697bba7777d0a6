"""What we read in SES's feedback, as AWS documents it (R25)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.domain.invitations import DeliveryState
from chalicelib.functions.ses_events import NotOurs, feedback_of
from chalicelib.operations.mails.note_feedback import Feedback, News
from tests.contract import ses_samples

SENT_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
AT = datetime(2026, 11, 2, 9, 30, 4, 250_000, tzinfo=UTC)
ON_THE_LIST = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your account."
)

# state, whether the address is suppressed, the reason, when
NEWS: dict[str, tuple[DeliveryState, bool, str | None, datetime]] = {
    "delivery": (DeliveryState.DELIVERED, False, None, AT),
    "bounce-permanent": (DeliveryState.BOUNCED, True, "smtp; 550 5.1.1 <recipient@example.com>: user unknown", AT),
    "bounce-suppressed": (DeliveryState.BOUNCED, True, ON_THE_LIST, AT),
    "bounce-without-dsn": (DeliveryState.BOUNCED, True, "NoEmail", AT),
    "bounce-transient": (DeliveryState.FAILED, False, "smtp; 552 5.2.2 mailbox full", AT),
    "bounce-undetermined": (DeliveryState.FAILED, False, "Undetermined", AT),
    "complaint": (DeliveryState.COMPLAINED, True, "abuse", AT),
    "complaint-without-report": (DeliveryState.COMPLAINED, True, None, AT),
    "reject": (DeliveryState.FAILED, False, "Bad content", SENT_AT),
    "rendering-failure": (
        DeliveryState.FAILED,
        False,
        "Attribute 'name' is not present in the rendering data.",
        SENT_AT,
    ),
}
OF_NO_INTEREST = {
    "delivery-delay": "DeliveryDelay",
    "send": "Send",
    "open": "Open",
    "click": "Click",
    "subscription": "Subscription",
    "notification-bounce": "Bounce",  # of an identity: those carry no tags
    "greeting-of-a-topic": "greeting",
    "greeting-of-an-identity": "greeting",
}


def test_every_sample_is_feedback_or_ignored() -> None:
    """A type without a decision fails here."""
    assert sorted(ses_samples.ALL) == sorted([*NEWS, *OF_NO_INTEREST])


@pytest.mark.parametrize("enveloped", [True, False])
@pytest.mark.parametrize("name", NEWS)
def test_feedback_is_read_with_and_without_the_envelope(name: str, *, enveloped: bool) -> None:
    """R25: which invitation, which of its links, and the delivery state of the mail."""
    state, comes_back, reason, at = NEWS[name]
    assert feedback_of(ses_samples.ALL[name] if enveloped else ses_samples.raw(name)) == Feedback(
        News(state, at, reason, comes_back=comes_back, is_bounce=name.startswith("bounce")),
        event_id="evt_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        audience="invitee",
        account_id="acc_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        invitation_id="inv_01ARZ3NDEKTSV4RRFFQ69G5FAV0123456789",
        generation=2,
    )


def bounce(**said: Any) -> News:
    """The bounce of one of our mails with these details."""
    told = json.loads(ses_samples.raw("bounce-permanent"))
    told["bounce"] = said
    return feedback_of(json.dumps(told)).news


def one(**recipient: Any) -> list[dict[str, Any]]:
    return [{"emailAddress": "recipient@example.com", **recipient}]


@pytest.mark.parametrize(
    ("kind", "subtype", "recipients", "hard"),
    [
        ("Permanent", "General", one(status="4.0.0"), True),  # SES knows better
        ("permanent", "", [], True),
        ("Transient", "General", one(status="5.1.1"), True),
        ("Transient", "General", one(status="5.4.14"), True),
        ("Transient", "General", one(diagnosticCode="smtp; 550 5.1.1 no such user"), True),
        ("Transient", "General", one(diagnosticCode="smtp;550-5.7.1 go away"), True),
        ("Undetermined", "Undetermined", one(status="5.0.0"), True),
        ("Undetermined", "Undetermined", [*one(status="4.4.7"), *one(status="5.1.1")], True),
        ("Transient", "MailboxFull", one(status="5.1.1"), True),
        ("Transient", "General", one(status="4.4.7", diagnosticCode="smtp; 550 5.1.1 no such user"), False),
        ("Transient", "General", one(diagnosticCode="smtp; 450 4.2.1 later (192.5.1.1 5.1.1)"), False),
        ("Transient", "General", one(status="5"), False),
        ("Transient", "General", one(), False),
        ("Transient", "General", [], False),
        ("Transient", "MailboxFull", one(status="5.2.2"), False),
        ("Transient", "MailboxFull", one(status="4.2.2"), False),
        ("Transient", "MessageTooLarge", one(status="5.3.4"), False),
        ("Transient", "ContentRejected", one(status="5.7.1"), False),
        ("Transient", "AttachmentRejected", one(status="5.6.1"), False),
        ("Transient", "CustomTimeoutExceeded", one(), False),
        ("Undetermined", "Undetermined", one(), False),
        ("SomethingNew", "General", one(), False),
        ("", "", [], False),
    ],
)  # fmt: skip
def test_a_bounce_is_hard_if_ses_or_the_receiving_server_calls_it_permanent(
    kind: str, subtype: str, recipients: list[Any], *, hard: bool
) -> None:
    """R25: status 5.x.x too, unless it is about a full mailbox or about this mail; all others have failed."""
    news = bounce(bounceType=kind, bounceSubType=subtype, bouncedRecipients=recipients)
    assert (news.state, news.comes_back) == ((DeliveryState.BOUNCED, True) if hard else (DeliveryState.FAILED, False))
    assert news.is_bounce


@pytest.mark.parametrize(
    "said",
    [
        {}, {"bounceType": None}, {"bounceType": 5, "bounceSubType": ["x"]}, {"bouncedRecipients": None},
        {"bouncedRecipients": "x"}, {"bouncedRecipients": ["x", None, 1]}, {"bouncedRecipients": [{"status": 511}]},
        {"bouncedRecipients": [{"diagnosticCode": {"a": "b"}}]}, {"timestamp": "yesterday"}, {"timestamp": None},
        {"timestamp": "2026-11-02T09:30:04"},
    ],
)  # fmt: skip
def test_missing_or_broken_details_of_a_bounce_are_ignored(said: dict[str, Any]) -> None:
    """R25: the mail has not arrived, whatever else is reported."""
    news = bounce(**said)
    assert (news.state, news.comes_back, news.at) == (DeliveryState.FAILED, False, SENT_AT)


@pytest.mark.parametrize("part", ["bounce", "complaint", "delivery", "reject"])
@pytest.mark.parametrize("broken", [None, "x", [], 1])
def test_a_bounce_with_broken_details_keeps_its_type(part: str, broken: Any) -> None:
    """R25: the type field says what happened."""
    name = {"bounce": "bounce-permanent"}.get(part, part)
    told = json.loads(ses_samples.raw(name))
    told[part] = broken
    state = NEWS[name][0] if part != "bounce" else DeliveryState.FAILED
    assert feedback_of(json.dumps(told)).news.state is state
    del told[part]
    assert feedback_of(json.dumps(told)).news.state is state


@pytest.mark.parametrize(
    ("kind", "complained"),
    [("abuse", True), ("auth-failure", True), ("fraud", True), ("other", True), ("virus", True), ("new", True),
     (None, True), (7, True), ("not-spam", False), ("not_spam", False), (" Not-Spam", False)],
)  # fmt: skip
def test_a_not_spam_complaint_is_ignored(kind: Any, *, complained: bool) -> None:
    """R25: the recipient moved the mail out of the spam folder."""
    told = json.loads(ses_samples.raw("complaint"))
    told["complaint"]["complaintFeedbackType"] = kind
    if complained:
        assert feedback_of(json.dumps(told)).news.comes_back
    else:
        with pytest.raises(NotOurs, match=r"^not-spam$"):
            feedback_of(json.dumps(told))


@pytest.mark.parametrize("kind", ["SomethingNew", "", None, 5, "bounce"])
def test_an_unknown_event_type_is_ignored(kind: Any) -> None:
    """R25: counted and logged by its name, never retried."""
    told = json.loads(ses_samples.raw("bounce-permanent"))
    told["eventType"] = kind
    with pytest.raises(NotOurs):
        feedback_of(json.dumps(told))


@pytest.mark.parametrize("tags", [None, "x", [], {"customer_id": []}, {"customer_id": "cus_1"}, {"recipient": [7]}])
def test_invalid_tags_count_as_missing(tags: Any) -> None:
    """R25: other services share the topic."""
    told = json.loads(ses_samples.raw("bounce-permanent"))
    told["mail"]["tags"] = tags
    with pytest.raises(NotOurs):
        feedback_of(json.dumps(told))


def test_the_mail_to_a_known_person_names_them() -> None:
    """R25: and the address, by a pseudonym."""
    told = json.loads(ses_samples.raw("bounce-permanent"))
    told["mail"]["tags"] = {"event_id": ["evt_1"], "audience": ["person"], "customer_id": ["cus_1"], "recipient": ["p"]}
    found = feedback_of(json.dumps(told))
    assert (found.customer_id, found.recipient, found.event_id, found.audience) == ("cus_1", "p", "evt_1", "person")
    assert (found.account_id, found.invitation_id, found.generation) == (None, None, None)


@pytest.mark.parametrize("enveloped", [True, False])
@pytest.mark.parametrize("name", OF_NO_INTEREST)
def test_events_of_no_interest_are_ignored_by_name(name: str, *, enveloped: bool) -> None:
    """R25: a delay is not final, and the message SES sends once at set-up is no alarm."""
    with pytest.raises(NotOurs, match=f"^{OF_NO_INTEREST[name]}$"):
        feedback_of(ses_samples.ALL[name] if enveloped else ses_samples.raw(name))


@pytest.mark.parametrize("missing", ["account_id", "invitation_id", "generation"])
def test_a_mail_without_our_tags_is_not_ours(missing: str) -> None:
    """R25: other services may share the topic."""
    said = json.loads(ses_samples.raw("bounce-permanent"))
    del said["mail"]["tags"][missing]
    with pytest.raises(NotOurs):
        feedback_of(json.dumps(said))


@pytest.mark.parametrize(
    "body",
    ["", "no JSON", "[]", "{}", '{"Type": "Notification", "Message": "no JSON"}', '{"Message": "{}"}',
     '{"eventType": "Bounce"}', '{"eventType": "Delivery", "mail": {"timestamp": "yesterday"}}'],
)  # fmt: skip
def test_a_message_that_is_no_feedback_is_not_taken_for_any(body: str) -> None:
    """It becomes a dead letter, which somebody looks at."""
    with pytest.raises(ValidationError):
        feedback_of(body)


def test_a_generation_that_is_not_a_number_is_ignored() -> None:
    """We did not write such a tag."""
    with pytest.raises(ValueError, match="invalid literal"):
        feedback_of(ses_samples.about("delivery", {"generation": "x"}))


def test_a_reason_is_one_clean_short_line() -> None:
    """R27: what a foreign mail server says is untrusted text too."""
    said = json.loads(ses_samples.raw("bounce-permanent"))
    said["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "550 \u202eno\r\n\u200bsuch\x00user " + "x" * 1000
    reason = feedback_of(json.dumps(said)).news.reason
    assert reason is not None
    assert reason.startswith("550 no suchuser x")
    assert len(reason) == 300
