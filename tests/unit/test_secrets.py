"""Secrets: read at run time, cached for five minutes, reread at most twice a minute."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.clients.secrets import KEEP_WHILE_AWAY_SECONDS, READ_ANEW_AT_MOST_EVERY, Secrets, SecretsAway


class Clock:
    """Seconds, moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class SecretsUnderTest:
    """The client under test with its clock and the stub behind it."""

    def __init__(self, stub: Stubber, client: Any) -> None:
        self.stub, self.clock = stub, Clock()
        self.failures = 0
        self.secrets = Secrets(client, self.clock, self._failed)

    def _failed(self) -> None:
        self.failures += 1

    def holds(self, text: str) -> None:
        """The next read finds this."""
        self.stub.add_response("get_secret_value", {"SecretString": text}, {"SecretId": "keys"})


@pytest.fixture
def shelf() -> Iterator[SecretsUnderTest]:
    client = boto3.client("secretsmanager")
    with Stubber(client) as stub:
        yield SecretsUnderTest(stub, client)
        stub.assert_no_pending_responses()


def test_a_secret_is_a_json_object_of_texts(shelf: SecretsUnderTest) -> None:
    shelf.holds('{"current": "k1", "k1": "abc", "n": 1}')
    assert shelf.secrets.get("keys") == {"current": "k1", "k1": "abc", "n": "1"}


@pytest.mark.parametrize(
    ("fresh", "seconds", "value"),
    [
        (False, 0, "old"),
        (False, 299.9, "old"),
        (False, 300, "new"),
        (True, 0, "old"),
        (True, 29.9, "old"),
        (True, 30, "new"),
    ],
)
def test_a_secret_is_kept_for_a_while(shelf: SecretsUnderTest, seconds: float, value: str, *, fresh: bool) -> None:
    """S20: a rotation arrives within five minutes, at once on request; guesses cost no reads."""
    shelf.holds('{"key": "old"}')
    shelf.secrets.get("keys")
    if value == "new":
        shelf.holds('{"key": "new"}')
    shelf.clock.now += seconds
    assert shelf.secrets.get("keys", fresh=fresh)["key"] == value
    assert shelf.secrets.get("keys")["key"] == value


def test_each_secret_is_cached_separately(shelf: SecretsUnderTest) -> None:
    shelf.holds('{"key": "one"}')
    shelf.stub.add_response("get_secret_value", {"SecretString": '{"key": "two"}'}, {"SecretId": "others"})
    assert [shelf.secrets.get(name)["key"] for name in ("keys", "others", "keys")] == ["one", "two", "one"]


@pytest.mark.parametrize("age", [300, 400, 3600, KEEP_WHILE_AWAY_SECONDS - 1])
def test_a_known_secret_is_used_while_the_source_is_down(shelf: SecretsUnderTest, age: float) -> None:
    """For hours; it is requested again every half minute, and read as soon as possible."""
    shelf.holds('{"key": "old"}')
    shelf.secrets.get("keys")
    shelf.clock.now += age
    shelf.stub.add_client_error("get_secret_value", "InternalServiceError")
    for _ in range(3):
        assert shelf.secrets.get("keys")["key"] == "old"
    assert shelf.failures == 1
    shelf.clock.now += READ_ANEW_AT_MOST_EVERY
    shelf.holds('{"key": "new"}')
    assert shelf.secrets.get("keys")["key"] == "new"


def test_without_a_known_secret_or_after_hours_nothing_is_decided(shelf: SecretsUnderTest) -> None:
    """Retryable, so that the answer is 503 and never 500."""
    shelf.stub.add_client_error("get_secret_value", "AccessDeniedException")
    with pytest.raises(SecretsAway):
        shelf.secrets.get("keys")
    shelf.holds('{"key": "old"}')
    assert shelf.secrets.get("keys")["key"] == "old"
    shelf.clock.now += KEEP_WHILE_AWAY_SECONDS
    shelf.stub.add_client_error("get_secret_value", "InternalServiceError")
    with pytest.raises(SecretsAway):
        shelf.secrets.get("keys")


@pytest.mark.parametrize("text", ["not json", "[]", '"text"'])
def test_a_secret_that_is_no_object_counts_as_away(shelf: SecretsUnderTest, text: str) -> None:
    shelf.holds(text)
    with pytest.raises(SecretsAway):
        shelf.secrets.get("keys")
    shelf.holds('{"key": "good"}')
    shelf.secrets.get("keys")
    shelf.clock.now += 300
    shelf.holds(text)
    assert shelf.secrets.get("keys")["key"] == "good"
