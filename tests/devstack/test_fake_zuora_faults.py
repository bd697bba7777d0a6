"""The controls of the fake: faults, the log of requests, reset, credentials, and a clean end."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from urllib3.exceptions import HTTPError, ReadTimeoutError

from devstack.zuora import FakeZuora
from devstack.zuora.limits import CONCURRENT
from tests.devstack.raw import CLIENT_SECRET, DATED, Raw, Reply, person, until

STALL = 0.2


@pytest.fixture
def contact_path(fake: FakeZuora, raw: Raw) -> str:
    made = fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person()})
    raw.send("GET", "/v1/contacts/x")  # so that the token is there before the faults
    return f"/v1/contacts/{made['billToContactId']}"


def control(raw: Raw, method: str, path: str, body: object = None) -> Reply:
    return raw.bare(method, path, None if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("rate_limit", 429, 50000070),
        ("rate_limit_no_header", 429, 70),
        ("lock", 409, 50000050),
        ("temporary", 500, 50000061),
        ("unauthorized", 401, 90000011),
    ],
)
def test_faults_answer_as_zuora_does(raw: Raw, contact_path: str, fault: str, status: int, code: int) -> None:
    control(raw, "POST", "/__faults", {"match": "PUT /v1/contacts", "fault": fault, "times": 1})

    struck = raw.send("PUT", contact_path, {"city": "Rome"})

    assert (struck.status, struck.code) == (status, code)
    assert raw.send("GET", contact_path).body["city"] == "San Francisco"
    assert raw.send("PUT", contact_path, {"city": "Rome"}).status == 200


@pytest.mark.parametrize(("fault", "status"), [("http_503", 503), ("http_500_html", 500)])
def test_outages_answer_with_html(fake: FakeZuora, raw: Raw, contact_path: str, fault: str, status: int) -> None:
    fake.fail("*", fault)

    reply = raw.send("GET", contact_path)

    assert (reply.status, reply.headers["Content-Type"]) == (status, "text/html")
    assert reply.content.startswith(b"<html>")


def test_the_limits_say_when_to_come_back(fake: FakeZuora, raw: Raw, contact_path: str) -> None:
    fake.fail("*", "rate_limit", times=1, retry_after=7)
    fake.fail("*", "rate_limit_no_header", times=1, retry_after=9)

    concurrent, rate = raw.send("GET", contact_path), raw.send("GET", contact_path)

    assert concurrent.headers["Retry-After"] == "7"
    assert "Retry-After" not in rate.headers
    assert (rate.headers["ratelimit-remaining"], rate.headers["ratelimit-reset"]) == ("0", "9")
    assert rate.body.keys() == {"reasons"}


def test_a_lock_is_200_for_an_old_version(fake: FakeZuora, raw: Raw, contact_path: str) -> None:
    fake.fail("*", "lock")

    reply = raw.send("PUT", contact_path, {"city": "Rome"}, version="341.0")

    assert (reply.status, reply.code, reply.body["success"]) == (200, 50000050, False)


def test_malformed_breaks_the_body_after_the_work_was_done(fake: FakeZuora, raw: Raw, contact_path: str) -> None:
    fake.fail("PUT /v1/contacts", "malformed", times=1)

    reply = raw.send("PUT", contact_path, {"city": "Rome"})

    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.content)
    assert raw.send("GET", contact_path).body["city"] == "Rome"


@pytest.mark.parametrize(("fault", "city"), [("timeout_before", "San Francisco"), ("timeout_after", "Rome")])
def test_a_stalled_request_is_done_or_not(fake: FakeZuora, raw: Raw, contact_path: str, fault: str, city: str) -> None:
    fake.fail("PUT /v1/contacts", fault, times=1)

    with pytest.raises(ReadTimeoutError):
        raw.send("PUT", contact_path, {"city": "Rome"}, read_timeout=STALL)

    until(lambda: raw.send("GET", contact_path).body["city"] == city)


def test_healing_ends_a_stall_without_an_answer(fake: FakeZuora, raw: Raw, contact_path: str) -> None:
    fake.fail("PUT /v1/contacts", "timeout_before")
    known = len(fake.requests)

    with ThreadPoolExecutor() as threads:
        stalled = threads.submit(raw.send, "PUT", contact_path, {"city": "Rome"}, read_timeout=30)
        until(lambda: len(fake.requests) > known)
        assert control(raw, "DELETE", "/__faults").body == {"faults": []}
        with pytest.raises(HTTPError):
            stalled.result(timeout=10)


def test_faults_strike_in_order_and_count_down(fake: FakeZuora, raw: Raw, contact_path: str) -> None:
    fake.fail("GET /v1/contacts", "lock", times=2)
    fake.fail("*", "http_503", times=1)
    fake.fail("PUT /v1/contacts", "temporary")

    assert [raw.send("GET", contact_path).status for _ in range(4)] == [409, 409, 503, 200]
    assert fake.faults.listed() == control(raw, "GET", "/__faults").body["faults"]
    assert [fault["fault"] for fault in fake.faults.listed()] == ["temporary"]


@pytest.mark.parametrize(
    "body",
    [
        {"match": "*", "fault": "flood"},
        {"match": "PUT", "fault": "lock"},
        {"match": "PUT v1", "fault": "lock"},
        {"match": "*", "fault": "lock", "times": -1},
        {"match": "*", "fault": "lock", "times": True},
        {"match": "*", "fault": "lock", "often": 1},
        {"match": "*"},
        {"match": ["*"], "fault": "lock"},
        {"match": 5, "fault": "lock"},
        [],
    ],
)
def test_an_invalid_fault_is_400(fake: FakeZuora, raw: Raw, body: object) -> None:
    reply = control(raw, "POST", "/__faults", body)

    assert reply.status == 400
    assert reply.body["message"]
    assert fake.faults.listed() == []


def test_the_log_has_everything_but_the_secrets(raw: Raw, contact_path: str) -> None:
    raw.send("PUT", f"{contact_path}?x=1", {"city": "Rome"}, headers={"Zuora-Track-Id": "t"})
    raw.send("PUT", contact_path, b"{")

    requests = control(raw, "GET", "/__requests").body["requests"]

    token, *_, changed, broken = requests
    assert (token["path"], token["body"]["client_secret"]) == ("/oauth/token", "***")
    assert (changed["method"], changed["path"], changed["query"]) == ("PUT", contact_path, "x=1")
    assert changed["body"] == {"city": "Rome"}
    assert changed["at"] == "2026-09-21T14:13:20.000Z"
    assert (changed["headers"]["Zuora-Track-Id"], changed["headers"]["Zuora-Version"]) == ("t", DATED)
    assert broken["body"] == "{"
    assert "Authorization" not in changed["headers"]
    assert CLIENT_SECRET not in json.dumps(requests)
    assert control(raw, "DELETE", "/__requests").body == {"requests": []}


def test_reset_empties_everything_but_the_credentials(fake: FakeZuora, raw: Raw, contact_path: str) -> None:
    fake.fail("*", "http_503")

    assert control(raw, "POST", "/__reset").status == 200

    assert raw.send("GET", contact_path).status == 401
    assert Raw(fake).send("GET", contact_path).status == 404
    assert [request["path"] for request in fake.requests] == [contact_path, "/oauth/token", contact_path]


def test_credentials_can_be_rotated_over_http(raw: Raw) -> None:
    assert control(raw, "POST", "/__credentials", {"client_id": "n", "client_secret": "s"}).status == 200
    assert raw.token().status == 401
    assert raw.token(client_id="n", client_secret="s").status == 200
    assert control(raw, "POST", "/__credentials", {"client_id": "n"}).status == 400


def test_an_unknown_control_is_404(raw: Raw) -> None:
    assert control(raw, "GET", "/__secrets").status == 404


def test_more_requests_at_once_than_allowed_are_refused(fake: FakeZuora, raw: Raw, contact_path: str) -> None:
    fake.fail("PUT /v1/contacts", "timeout_before")
    known = len(fake.requests)

    with ThreadPoolExecutor(CONCURRENT["Default"]) as threads:
        for _ in range(CONCURRENT["Default"]):
            threads.submit(raw.send, "PUT", contact_path, {}, read_timeout=30)
        until(lambda: len(fake.requests) == known + CONCURRENT["Default"])
        beyond = raw.send("GET", contact_path)
        fake.heal()

    assert (beyond.status, beyond.code, beyond.headers["Retry-After"]) == (429, 50000070, "120")
    assert beyond.headers["Concurrency-Limit-Remaining"] == "0"
