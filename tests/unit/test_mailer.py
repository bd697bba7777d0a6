"""SES: one request for one mail, and three sorts of failure told apart (I7)."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, ParamValidationError
from botocore.stub import Stubber

from chalicelib.clients import mailer
from chalicelib.clients.failures import Permanent, Retryable
from chalicelib.clients.mailer import Mailer, Unknown
from tests.unit.far_side import FarSide, far_side

MAIL: dict[str, Any] = {
    "to": "carl@acme.example",
    "subject": "Grüße",
    "text": "Text",
    "html": "<p>HTML</p>",
    "tags": {"event_id": "evt_1", "audience": "invitee"},
}
SENDER = "Example Portal <billing@portal.example>"


@pytest.fixture
def ses() -> Iterator[FarSide]:
    with far_side() as side:
        yield side


def impatient(side: FarSide) -> Mailer:
    """The mailer as it is, but for waiting a fifth of a second instead of seconds."""
    config = mailer.CONFIG.merge(Config(connect_timeout=0.2, read_timeout=0.2))
    return Mailer(SENDER, boto3.client("sesv2", config=config, endpoint_url=side.url))


def error(code: str, status: int = 400) -> tuple[int, bytes]:
    return status, json.dumps({"__type": code, "message": "to carl@acme.example"}).encode()


def test_a_mail_is_one_structured_request_to_one_address() -> None:
    """S26, R35: no raw MIME, no copies; the tags come back in SES's feedback."""
    client = boto3.client("sesv2")
    expected = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["carl@acme.example"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Grüße", "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": "Text", "Charset": "UTF-8"},
                    "Html": {"Data": "<p>HTML</p>", "Charset": "UTF-8"},
                },
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        },
        "EmailTags": [{"Name": "event_id", "Value": "evt_1"}, {"Name": "audience", "Value": "invitee"}],
    }
    with Stubber(client) as stub:
        stub.add_response("send_email", {"MessageId": "m-1"}, expected)
        assert Mailer(SENDER, client).send(**MAIL) == "m-1"


def test_no_answer_is_unknown_after_one_request(ses: FarSide) -> None:
    """I7: SES has no idempotency, so a repetition by the client itself would be a second mail."""
    ses.answer = None
    with pytest.raises(Unknown):
        impatient(ses).send(**MAIL)
    assert ses.requests == 1


def test_a_broken_connection_is_unknown_after_one_request(ses: FarSide) -> None:
    """I7."""
    ses.hangs_up = True
    with pytest.raises(Unknown):
        impatient(ses).send(**MAIL)
    assert ses.requests == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("LimitExceededException", 400),
        ("SendingPausedException", 400),
        ("AccountSuspendedException", 400),
        ("MailFromDomainNotVerifiedException", 400),
        ("NotFoundException", 404),
        ("AccessDeniedException", 403),
        ("InternalServiceErrorException", 500),
        ("ServiceUnavailable", 503),
    ],
)
def test_a_refusal_that_time_or_an_operator_heals_is_retryable(ses: FarSide, code: str, status: int) -> None:
    """I7: nothing is lost, and botocore does not retry by itself."""
    ses.answer = error(code, status)
    with pytest.raises(Retryable, match=code) as refused:
        impatient(ses).send(**MAIL)
    assert ses.requests == 1
    assert "carl" not in str(refused.value)


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_a_refusal_of_the_mail_itself_is_permanent(ses: FarSide, code: str) -> None:
    """R25: it is recorded and not tried again."""
    ses.answer = error(code)
    with pytest.raises(Permanent) as refused:
        impatient(ses).send(**MAIL)
    assert refused.value.code == code
    assert ses.requests == 1
    assert "carl" not in str(refused.value)


def test_a_far_side_that_is_not_there_has_certainly_not_taken_the_mail() -> None:
    """I7."""
    with far_side() as side:
        gone = impatient(side)
    with pytest.raises(Retryable, match="cannot be reached"):
        gone.send(**MAIL)


def test_a_connection_that_never_came_about_is_retryable() -> None:
    """I7."""

    class Unreachable:
        def send_email(self, **_request: Any) -> None:
            raise ConnectTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com")

    with pytest.raises(Retryable, match="cannot be reached"):
        Mailer(SENDER, Unreachable()).send(**MAIL)


def test_a_mistake_of_our_own_passes_as_what_it_is() -> None:
    """It is neither an outage nor a refusal; the message comes again, and people are told."""
    with pytest.raises(ParamValidationError):
        Mailer(SENDER, boto3.client("sesv2")).send(**{**MAIL, "subject": None})
