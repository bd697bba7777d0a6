"""SES: one request for one mail, and three sorts of failure told apart (I7)."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ConnectTimeoutError,
    CredentialRetrievalError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from chalicelib.clients import mailer
from chalicelib.clients.mailer import Mailer, Unknown
from chalicelib.failures import Permanent, Retryable
from tests.unit.flaky_server import FlakyServer, flaky_server

MAIL: dict[str, Any] = {
    "to": "carl@acme.example",
    "subject": "Grüße",
    "text": "Text",
    "html": "<p>HTML</p>",
    "tags": {"event_id": "evt_1", "audience": "invitee"},
}
SENDER = "Example Portal <billing@portal.example>"


@pytest.fixture
def ses() -> Iterator[FlakyServer]:
    with flaky_server() as side:
        yield side


def patient(side: FlakyServer) -> Mailer:
    """The mailer as it is: for what answers, however busy the machine is."""
    return Mailer(SENDER, boto3.client("sesv2", config=mailer.CONFIG, endpoint_url=side.url))


def impatient(side: FlakyServer) -> Mailer:
    """The mailer as it is, but for waiting a fifth of a second instead of seconds: for what never answers."""
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


def test_no_answer_is_unknown_after_one_request(ses: FlakyServer) -> None:
    """I7: SES has no idempotency, so a repetition by the client itself would be a second mail."""
    ses.answer = None
    with pytest.raises(Unknown):
        impatient(ses).send(**MAIL)
    assert ses.requests == 1


def test_a_broken_connection_is_unknown_after_one_request(ses: FlakyServer) -> None:
    """I7."""
    ses.hangs_up = True
    with pytest.raises(Unknown):
        patient(ses).send(**MAIL)
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
def test_a_refusal_that_time_or_an_operator_heals_is_retryable(ses: FlakyServer, code: str, status: int) -> None:
    """I7: nothing is lost, and botocore does not retry by itself."""
    ses.answer = error(code, status)
    with pytest.raises(Retryable, match=code) as refused:
        patient(ses).send(**MAIL)
    assert ses.requests == 1
    assert "carl" not in str(refused.value)


THE_MAILS_OWN = [
    ("BadRequestException", "Illegal address"),
    ("BadRequestException", "Invalid email address: accounting-source@acme.example"),
    ("BadRequestException", "Missing final '@domain'"),
    ("BadRequestException", "User name is missing: '@acme.example'"),
    ("MessageRejected", "Address blacklisted."),
    ("BadRequestException", "Domain contains illegal character"),
    ("BadRequestException", "Domain starts with dot"),
    ("BadRequestException", "Local address contains control or whitespace"),
    ("InvalidParameterValue", "Illegal address"),
    ("MessageRejected", "Message contains prohibited content"),
    ("MessageRejected", "Message length is more than 10485760 bytes long"),
]
OURS = [
    ("MessageRejected", "Email address is not verified. The following identities failed: billing@portal.example"),
    ("MessageRejected", "Email address is not verified. The following identities failed: carl@acme.example"),  # sandbox
    ("MessageRejected", "Sending suspended for this account. For more information, please check the inbox"),
    ("MessageRejected", "Your account is in the sandbox"),
    ("MessageRejected", ""),
    ("MessageRejected", "something that nobody has seen before"),
    ("BadRequestException", "Illegal address in source: billing@portal.example"),
    ("BadRequestException", "Missing required header 'From'."),
    ("BadRequestException", "Configuration set <feedback> is invalid"),
    ("BadRequestException", "Tag name contains invalid content"),
    ("Throttling", "Maximum sending rate exceeded."),
    ("Throttling", "Illegal address"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message"), THE_MAILS_OWN)
def test_a_refusal_of_the_mail_itself_is_permanent(ses: FlakyServer, code: str, message: str) -> None:
    """R25: it is recorded and not tried again."""
    ses.answer = 400, json.dumps({"__type": code, "message": message}).encode()
    with pytest.raises(Permanent) as refused:
        patient(ses).send(**MAIL)
    assert refused.value.code == code
    assert ses.requests == 1
    assert "acme" not in str(refused.value)


@pytest.mark.parametrize(("code", "message"), OURS)
def test_a_refusal_of_us_is_retryable_and_so_is_what_nobody_knows(ses: FlakyServer, code: str, message: str) -> None:
    """R25: never put on the recipient; SES has the same codes for both, so the words decide."""
    ses.answer = 400, json.dumps({"__type": code, "message": message}).encode()
    with pytest.raises(Retryable) as refused:
        patient(ses).send(**MAIL)
    assert ses.requests == 1
    assert str(refused.value) == f"SES: {code}"


def _ses_that_raises(error: Exception) -> Any:
    class Raises:
        def send_email(self, **_request: Any) -> None:
            raise error

    return Raises()


@pytest.mark.parametrize(
    "error",
    [
        NoCredentialsError(),
        PartialCredentialsError(provider="env", cred_var="secret"),
        CredentialRetrievalError(provider="iam", error_msg="gone"),
        SSLError(endpoint_url="https://email", error=OSError("handshake")),
        ProxyConnectionError(proxy_url="http://proxy"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_never_went_out_is_retryable(error: Exception) -> None:
    """R25, I7: no lease to wait for, and nothing for the recipient to answer for."""
    with pytest.raises(Retryable):
        Mailer(SENDER, _ses_that_raises(error)).send(**MAIL)


@pytest.mark.parametrize(
    "error",
    [
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        ResponseParserError("broken"),
        ReadTimeoutError(endpoint_url="https://email"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_answer_that_cannot_be_read_is_unknown(error: Exception) -> None:
    """I7: the mail may have been taken."""
    with pytest.raises(Unknown):
        Mailer(SENDER, _ses_that_raises(error)).send(**MAIL)


def test_a_far_side_that_is_not_there_has_certainly_not_taken_the_mail() -> None:
    """I7."""
    with flaky_server() as side:
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


def test_a_request_that_cannot_be_made_is_retryable() -> None:
    """R25: a mistake of our own; the message comes again, and people are told."""
    with pytest.raises(Retryable, match="ParamValidationError"):
        Mailer(SENDER, boto3.client("sesv2")).send(**{**MAIL, "subject": None})
