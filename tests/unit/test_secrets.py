"""Secrets: read at run time, kept for five minutes, read anew at most twice a minute."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.clients.secrets import Secrets


class Clock:
    """Seconds, moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shelf:
    """The client under test with its clock and the stub behind it."""

    def __init__(self, stub: Stubber, client: Any) -> None:
        self.stub, self.clock = stub, Clock()
        self.secrets = Secrets(client, self.clock)

    def holds(self, text: str) -> None:
        """The next read finds this."""
        self.stub.add_response("get_secret_value", {"SecretString": text}, {"SecretId": "keys"})


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    client = boto3.client("secretsmanager")
    with Stubber(client) as stub:
        yield Shelf(stub, client)
        stub.assert_no_pending_responses()


def test_a_secret_is_a_json_object_of_texts(shelf: Shelf) -> None:
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
def test_a_secret_is_kept_for_a_while(shelf: Shelf, seconds: float, value: str, *, fresh: bool) -> None:
    """S20: a rotation arrives within five minutes, at once when something asks for it; guesses cost no reads."""
    shelf.holds('{"key": "old"}')
    shelf.secrets.get("keys")
    if value == "new":
        shelf.holds('{"key": "new"}')
    shelf.clock.now += seconds
    assert shelf.secrets.get("keys", fresh=fresh)["key"] == value
    assert shelf.secrets.get("keys")["key"] == value


def test_each_secret_is_kept_for_itself(shelf: Shelf) -> None:
    shelf.holds('{"key": "one"}')
    shelf.stub.add_response("get_secret_value", {"SecretString": '{"key": "two"}'}, {"SecretId": "others"})
    assert [shelf.secrets.get(name)["key"] for name in ("keys", "others", "keys")] == ["one", "two", "one"]


def test_a_secret_that_cannot_be_read_is_an_error_and_never_an_old_value(shelf: Shelf) -> None:
    """Nothing is decided without the key: a retired one must not live on."""
    shelf.holds('{"key": "old"}')
    shelf.secrets.get("keys")
    shelf.clock.now += 300
    shelf.stub.add_client_error("get_secret_value", "AccessDeniedException")
    with pytest.raises(ClientError):
        shelf.secrets.get("keys")
    shelf.holds('{"key": "new"}')
    assert shelf.secrets.get("keys")["key"] == "new"


def test_a_secret_that_is_not_json_is_refused(shelf: Shelf) -> None:
    shelf.holds("not json")
    with pytest.raises(ValueError, match="Expecting value"):
        shelf.secrets.get("keys")
