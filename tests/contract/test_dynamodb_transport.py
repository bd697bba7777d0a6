"""The direct transport against botocore's own: the same calls, the same answers, and whatever can be told apart."""

import json
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import botocore.session
import pytest
import time_machine
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.retries.quota import RetryQuota

from chalicelib.store.connection import CONFIG
from chalicelib.store.transport import DirectTransport, use_direct

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
KEY = {"pk": {"S": "a"}, "sk": {"S": "ü\n"}}
TOKEN = "0123456789abcdef0123456789abcdef"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {"TableName": "T", "Key": KEY, "ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}),
    ("BatchGetItem", {"RequestItems": {"T": {"Keys": [KEY], "ConsistentRead": True}}}),
    ("Query", {"TableName": "T", "KeyConditionExpression": "#0 = :0", "ExpressionAttributeNames": {"#0": "pk"},
               "ExpressionAttributeValues": {":0": {"S": "a"}}, "Limit": 5, "ScanIndexForward": False,
               "ExclusiveStartKey": KEY}),
    ("PutItem", {"TableName": "T", "Item": KEY | {"b": {"B": b"\x00\xff"}, "l": {"L": [{"NULL": True}]}}}),
    ("UpdateItem", {"TableName": "T", "Key": KEY, "UpdateExpression": "REMOVE x", "ReturnValues": "ALL_NEW"}),
    ("DeleteItem", {"TableName": "T", "Key": KEY, "ConditionExpression": "attribute_exists (pk)"}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "T", "Item": KEY}}], "ClientRequestToken": TOKEN}),
]  # fmt: skip
ITEM = {
    "pk": {"S": "a"},
    "n": {"N": "1.5"},
    "ss": {"SS": ["x"]},
    "m": {"M": {"yes": {"BOOL": True}, "no": {"NULL": True}}},
}

Played = tuple[int, bytes] | tuple[int, bytes, dict[str, str]] | Exception


def answer(**members: Any) -> Played:
    """Success with that body."""
    return 200, json.dumps(members).encode()


def refused(code: str, status: int = 400, **members: Any) -> Played:
    """An error as DynamoDB writes it."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"{code}!", **members}
    return status, json.dumps(body).encode()


@dataclass
class Wire:
    """A client of either kind whose requests are kept, and which hears the answers that are given."""

    client: Any
    answers: list[Played] = field(default_factory=list)
    sent: list[AWSPreparedRequest] = field(default_factory=list)
    by_botocore: list[str] = field(default_factory=list)
    """The calls that the direct transport left to botocore."""

    def __post_init__(self) -> None:
        self.client.meta.events.register("before-send.dynamodb", self._play)
        direct = self.client._make_api_call  # noqa: SLF001 -- what PynamoDB calls
        if isinstance(direct, DirectTransport):
            self._left = direct._botocore  # noqa: SLF001 -- noted, and done all the same
            direct._botocore = self._by_botocore  # noqa: SLF001 -- noted, and done all the same

    def _by_botocore(self, operation: str, params: dict[str, Any]) -> Any:
        self.by_botocore.append(operation)
        return self._left(operation, params)

    def _play(self, request: AWSPreparedRequest, **_more: Any) -> Any:
        self.sent.append(request)
        played = self.answers.pop(0)
        if isinstance(played, Exception):
            raise played
        status, body, headers = (*played, {})[:3]
        heads: Any = HeadersDict({"x-amzn-RequestId": "R1", **headers})
        response: Any = AWSResponse(request.url, status, heads, None)
        response._content = body  # noqa: SLF001 -- as if it had been read
        return response

    def outcome(self, call: tuple[str, dict[str, Any]], *answers: Played) -> Any:
        """What comes of that call: the answer or the error, with all that it says."""
        self.answers[:] = answers
        try:
            said = self.client._make_api_call(*call)  # noqa: SLF001 -- what PynamoDB calls
        except ClientError as error:
            return type(error).__name__, str(error), error.response
        except Exception as error:  # noqa: BLE001 -- both are asked what they raise
            return type(error), str(error)
        finally:
            assert self.answers == []
        return said


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fixed keys, no pauses, and jitter that is always the same."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "t",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)


def made(*, direct: bool, region: str = "eu-central-1", credentials: Any = None) -> Wire:
    """A client, as the store makes it."""
    session: Any = botocore.session.Session()
    if credentials is not None:
        session._credentials = credentials  # noqa: SLF001 -- of any kind
    client: Any = session.create_client("dynamodb", region_name=region, config=CONFIG)
    if direct:
        use_direct(client)
        assert isinstance(client._make_api_call, DirectTransport)  # noqa: SLF001 -- what PynamoDB calls
    return Wire(client)


def both(**how: Any) -> tuple[Wire, Wire]:
    """The direct transport and botocore's own."""
    return made(direct=True, **how), made(direct=False, **how)


@pytest.fixture(scope="module")
def kept() -> Iterator[tuple[Wire, Wire]]:
    """Both, made once: reading the description of DynamoDB takes longer than all calls."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
            patch.setenv(f"AWS_{name}", name)
        yield both()


@pytest.fixture
def pair(kept: tuple[Wire, Wire]) -> tuple[Wire, Wire]:
    """Both, with their whole quota of attempts in vain."""
    for wire in kept:
        for handler in handlers(wire.client, "after-call"):
            handler.__self__._quota.release(RetryQuota.INITIAL_CAPACITY)  # noqa: SLF001 -- no public way
    return kept


def handlers(client: Any, event: str) -> list[Any]:
    """What listens to an event of the calls of that client."""
    emitter = client.meta.events._emitter  # noqa: SLF001 -- no public way to ask
    return list(emitter._handlers.prefix_search(f"{event}.dynamodb"))  # noqa: SLF001 -- no public way to ask


def seen(request: AWSPreparedRequest) -> Any:
    """What DynamoDB sees of a request, but for what is random, or only names the client."""
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }
    assert headers.pop("user-agent").startswith("Botocore/")
    assert len(headers.pop("amz-sdk-invocation-id")) == 36
    return request.method, request.url, request.body, headers


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0])
def test_a_request_is_botocores_to_the_byte(pair: tuple[Wire, Wire], call: tuple[str, dict[str, Any]]) -> None:
    """The body, every header and the signature."""
    with time_machine.travel(NOON, tick=False):
        outcomes = [wire.outcome(call, answer()) for wire in pair]
    ours, theirs = (seen(wire.sent[-1]) for wire in pair)
    assert ours == theirs
    assert outcomes[0] == outcomes[1]
    assert call[0] not in pair[0].by_botocore


@pytest.mark.parametrize("token", [None, "t"])
def test_keys_without_a_session_and_the_next_day_are_signed_like_botocore(token: str | None) -> None:
    """The key that is kept is the one of its day, its secret and its region."""
    for region in ("us-east-1", "cn-north-1", "us-gov-west-1"):
        wires = both(region=region, credentials=Credentials("A", "s", token))
        for day in range(3):
            with time_machine.travel(NOON + timedelta(days=day), tick=False):
                for wire in wires:
                    wire.outcome(CALLS[0], answer())
            ours, theirs = (seen(wire.sent[-1]) for wire in wires)
            assert ours == theirs
        assert wires[0].by_botocore == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4566", "http://127.0.0.1:80", "https://dynamodb.example", "http://127.0.0.1:1/prefix"]
)
def test_another_address_is_kept_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The local stack is at one; with a path in it, botocore's own transport asks."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    wires = both()
    with time_machine.travel(NOON, tick=False):
        for wire in wires:
            wire.outcome(CALLS[0], answer())
    ours, theirs = (seen(wire.sent[-1]) for wire in wires)
    assert ours == theirs
    assert ours[1].startswith(url.removesuffix(":80"))
    assert wires[0].by_botocore == (["GetItem"] if "prefix" in url else [])


def test_an_account_that_is_known_has_its_own_address() -> None:
    """Botocore's rules name the account in the host; other credentials may be of another account."""
    wires = both(credentials=Credentials("A", "s", account_id="123456789012"))
    with time_machine.travel(NOON, tick=False):
        for wire in wires:
            wire.outcome(CALLS[0], answer())
    ours, theirs = (seen(wire.sent[-1]) for wire in wires)
    assert ours == theirs
    assert "123456789012.ddb" in ours[1]
    assert wires[0].by_botocore == []


def test_the_trace_of_a_lambda_function_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """X-Ray sees the call in the trace of its request."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "api")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2;Sampled=1")
    wires = both()
    with time_machine.travel(NOON, tick=False):
        for wire in wires:
            wire.outcome(CALLS[0], answer())
    ours, theirs = (seen(wire.sent[-1]) for wire in wires)
    assert ours == theirs
    assert ours[3]["x-amzn-trace-id"] == "Root=1-2;Sampled=1"


GOOD = answer(Item=ITEM, ConsumedCapacity={"TableName": "T", "CapacityUnits": 0.5})
REASONS = [
    {"Code": "None"},
    {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": ITEM},
    {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"},
]
CANCELLED = refused("TransactionCanceledException", CancellationReasons=REASONS, Message="cancelled")
TIMED_OUT = ReadTimeoutError(endpoint_url="https://dynamodb")
RESET = ConnectionClosedError(endpoint_url="https://dynamodb")
ITEMS = ("an item", "binary values", "an attribute called B")
"""What is no answer to a transaction."""
PLAYS: dict[str, list[Played]] = {
    "an item": [GOOD],
    "nothing": [answer()],
    "binary values": [answer(Item={"b": {"B": "AP8="}, "bs": {"BS": ["AP8="]}})],
    "an attribute called B": [answer(Item={"B": {"S": "B"}})],
    "no body": [(200, b"")],
    "no JSON": [(200, b"<html>")],
    "no object": [(200, b"[1]")],
    "not UTF-8": [(200, b'{"Item": "\xff"}')],
    "a right checksum": [(200, b"{}", {"x-amz-crc32": str(zlib.crc32(b"{}"))})],
    "a wrong checksum, then a right answer": [(200, b"{}", {"x-amz-crc32": "1"}), answer()],
    "wrong checksums": [(200, b"{}", {"x-amz-crc32": "1"})] * 3,
    "a failed condition": [refused("ConditionalCheckFailedException", Item=ITEM)],
    "a cancelled transaction": [CANCELLED],
    "a conflict": [refused("TransactionConflictException")],
    "a transaction in progress": [refused("TransactionInProgressException")] * 3,
    "too much at once, then not": [refused("ProvisionedThroughputExceededException"), answer()],
    "too much at once": [refused("ProvisionedThroughputExceededException")] * 3,
    "throttled": [refused("ThrottlingException")] * 3,
    "too many requests, by the status alone": [(429, b"")] * 3,
    "to be asked later": [(400, refused("ThrottlingException")[1], {"x-amz-retry-after": "10"}), answer()],  # type: ignore[index]
    "an error inside, then none": [refused("InternalServerError", 500), answer()],
    "errors inside": [refused("InternalServerError", 500)] * 3,
    "a gateway's page": [(503, b"<html>Service Unavailable</html>")] * 3,
    "a gateway's page, then an answer": [(502, b"<html>Bad Gateway</html>"), answer()],
    "an empty error": [(500, b"")] * 3,
    "no such table": [refused("ResourceNotFoundException")],
    "a bad request": [refused("ValidationException")],
    "expired keys": [refused("ExpiredTokenException")],
    "a wrong clock": [refused("InvalidSignatureException")],
    "an unknown error": [refused("SomethingNew")],
    "another token's request": [refused("IdempotentParameterMismatchException")],
    "a reset connection, then a fresh one": [RESET, answer()],
    "reset connections": [RESET] * 3,
    "an answer that does not come in time": [TIMED_OUT] * 3,
    "one answer that does not come in time": [TIMED_OUT, answer()],
    "no connection in time": [ConnectTimeoutError(endpoint_url="https://dynamodb")] * 3,
    "no way there": [EndpointConnectionError(endpoint_url="https://dynamodb")] * 3,
    "an error of our own": [ValueError("ours")],
    "each a different trouble": [RESET, refused("InternalServerError", 500), answer()],
    "a date, then an attempt": [(500, b"{}", {"Date": "Tue, 01 Dec 2026 12:00:00 GMT"}), answer()],
}


@pytest.mark.parametrize(
    ("call", "play"),
    [(CALLS[0], play) for play in PLAYS] + [(CALLS[-1], play) for play in PLAYS if play not in ITEMS],
    ids=lambda each: each if isinstance(each, str) else each[0],
)
def test_what_comes_of_an_answer_is_what_botocore_makes_of_it(
    pair: tuple[Wire, Wire], call: tuple[str, dict[str, Any]], play: str
) -> None:
    """I7: the same answer or error, after as many attempts, each signed and numbered anew."""
    told = []
    with time_machine.travel(NOON, tick=False):
        for wire in pair:
            wire.sent.clear()
            told.append((wire.outcome(call, *PLAYS[play]), [seen(request) for request in wire.sent]))
    assert told[0] == told[1]
    assert len(told[0][1]) == len(PLAYS[play])
    assert call[0] not in pair[0].by_botocore


def test_pauses_between_attempts_are_botocores(pair: tuple[Wire, Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttling is waited for longer than other errors."""
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    for wire in both():
        for handler in handlers(wire.client, "needs-retry"):
            backoff = handler.__self__._retry_policy._retry_backoff  # noqa: SLF001 -- its jitter
            backoff._random = lambda: 1.0  # noqa: SLF001 -- its jitter
        wire.outcome(CALLS[0], refused("ThrottlingException"), refused("InternalServerError", 500), GOOD)
        wire.outcome(CALLS[0], RESET, RESET, GOOD)
    assert len(pauses) == 8
    assert pauses[:4] == pauses[4:]


def test_both_stop_trying_again_when_nothing_works() -> None:
    """The client has a quota for attempts in vain; calls that succeed give it back."""
    attempts = []
    for wire in both():
        counted = []
        for _ in range(40):
            wire.sent.clear()
            wire.answers[:] = [RESET] * 3
            with pytest.raises(ConnectionClosedError):
                wire.client.get_item(**CALLS[0][1])
            counted.append(len(wire.sent))
        for _ in range(5):
            wire.outcome(CALLS[0], GOOD)
        wire.sent.clear()
        wire.answers[:] = [refused("InternalServerError", 500)] * 3
        with pytest.raises(ClientError):
            wire.client.get_item(**CALLS[0][1])
        attempts.append([*counted, len(wire.sent)])
    assert attempts[0] == attempts[1]
    assert attempts[0][0] == 3
    assert attempts[0][-2:] == [1, 2]


def test_keys_that_end_soon_are_fetched_anew() -> None:
    """Credentials of a role live for hours; the process may live longer."""

    def fresh() -> dict[str, str]:
        return {"access_key": "NEW", "secret_key": "new", "token": "new", "expiry_time": "2026-12-01T20:00:00Z"}

    for wire in (
        made(direct=direct, credentials=RefreshableCredentials(
            "OLD", "old", "old", NOON + timedelta(hours=2), fresh, "test", time_fetcher=lambda: datetime.now(UTC)))
        for direct in (True, False)
    ):  # fmt: skip
        used = []
        for hours in (0, 1.9):
            with time_machine.travel(NOON + timedelta(hours=hours), tick=False):
                wire.outcome(CALLS[0], GOOD)
            used.append(str(seen(wire.sent[-1])[3]["authorization"]).partition("Credential=")[2][:3])
        assert used == ["OLD", "NEW"]


def test_without_keys_the_error_is_botocores() -> None:
    """A process that has no credentials says so."""
    wire = made(direct=True)
    wire.client._request_signer._credentials = None  # noqa: SLF001 -- as where there are none
    with pytest.raises(NoCredentialsError):
        wire.client.get_item(**CALLS[0][1])


def test_calls_of_other_kinds_take_botocores_way() -> None:
    """Their answers hold times and more; and a transaction without a token is given one by botocore."""
    pair = both()
    described = answer(Table={"TableName": "T", "CreationDateTime": 1764590400.0})
    ours, theirs = (wire.outcome(("DescribeTable", {"TableName": "T"}), described) for wire in pair)
    assert ours == theirs
    assert isinstance(ours["Table"]["CreationDateTime"], datetime)
    for wire in pair:
        wire.outcome(("TransactWriteItems", {"TransactItems": []}), answer())
        body: Any = wire.sent[-1].body
        assert len(json.loads(body)["ClientRequestToken"]) == 36


def http(body: bytes) -> bytes:
    """An answer that leaves the connection open."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@contextmanager
def serving(server: socket.socket, answers: list[bytes]) -> Iterator[list[int]]:
    """Gives the answers in turn; an empty one closes the connection. Counts the requests of each connection."""
    requests: list[int] = []

    def serve() -> None:
        while answers:
            connection, _ = server.accept()
            requests.append(0)
            with connection, connection.makefile("rb") as reader:
                while answers and _read(reader):
                    requests[-1] += 1
                    given = answers.pop(0)
                    if not given:
                        break
                    connection.sendall(given)

    thread = Thread(target=serve)
    thread.start()
    yield requests
    thread.join()


def _read(reader: Any) -> bool:
    """One request; False at the end of the connection."""
    length = None
    while line := reader.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    if length is not None:
        reader.read(length)
    return length is not None


def test_a_connection_that_was_reset_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a socket: the first connection is closed without an answer, the call succeeds over the second."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        client: Any = botocore.session.Session().create_client("dynamodb", region_name="us-east-1", config=CONFIG)
        use_direct(client)
        with serving(server, [b"", http(b'{"Item": {}}'), http(b"{}")]) as connections:
            assert client.get_item(**CALLS[0][1])["ResponseMetadata"]["RetryAttempts"] == 1
            assert client.get_item(**CALLS[0][1])["ResponseMetadata"]["RetryAttempts"] == 0
        assert connections == [1, 2]  # the answers of each
