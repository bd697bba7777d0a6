"""SQS: what goes over the wire, and what becomes of failures."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from chalicelib.clients import queues
from chalicelib.clients.queues import Queues
from tests.unit.flaky_server import FlakyServer, flaky_server

QUEUE = "https://sqs.us-east-1.amazonaws.com/000000000000/emails"


@pytest.fixture
def sqs() -> Iterator[FlakyServer]:
    with flaky_server() as side:
        yield side


@pytest.fixture
def impatient(sqs: FlakyServer, monkeypatch: pytest.MonkeyPatch) -> Queues:
    """The queues as they are, but for short waits: for what never answers."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    config = queues.CONFIG.merge(Config(connect_timeout=0.2, read_timeout=0.1))
    return Queues(boto3.client("sqs", config=config, endpoint_url=sqs.url))


def test_a_message_is_put_into_its_queue() -> None:
    client = boto3.client("sqs")
    with Stubber(client) as stub:
        stub.add_response("send_message", {"MessageId": "m"}, {"QueueUrl": QUEUE, "MessageBody": "{}"})
        Queues(client).send(QUEUE, "{}")
        stub.assert_no_pending_responses()


def test_a_message_is_given_back_for_later() -> None:
    client = boto3.client("sqs")
    with Stubber(client) as stub:
        wanted = {"QueueUrl": QUEUE, "ReceiptHandle": "r", "VisibilityTimeout": 40}
        stub.add_response("change_message_visibility", {}, wanted)
        Queues(client).give_back(QUEUE, "r", seconds=40)
        stub.assert_no_pending_responses()


def test_a_silent_queue_is_asked_three_times_and_then_the_failure_passes(sqs: FlakyServer, impatient: Queues) -> None:
    """I7: the event stays in the outbox; a message more than needed does no harm."""
    sqs.answer, tries = None, []
    impatient._sqs.meta.events.register("before-send.sqs", lambda **sent: tries.append(sent["request"].method))  # noqa: SLF001 -- the far side may be too slow to count
    with pytest.raises(ReadTimeoutError):
        impatient.send(QUEUE, "{}")
    assert tries == ["POST"] * 3


def test_a_refusal_passes_at_once(sqs: FlakyServer) -> None:
    sqs.answer = (403, b'{"__type": "AccessDenied", "message": "no"}')
    with pytest.raises(ClientError, match="AccessDenied"):
        Queues(boto3.client("sqs", config=queues.CONFIG, endpoint_url=sqs.url)).send(QUEUE, "{}")
    assert sqs.requests == 1
