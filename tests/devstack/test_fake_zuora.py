"""What holds for every call: tokens, versions, headers, shapes of failures, idempotency keys."""

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
from urllib3.exceptions import HTTPError

from devstack.zuora import FakeZuora
from tests.devstack.conftest import Clock
from tests.devstack.raw import DATED, Raw, person


def test_the_right_credentials_get_a_token_of_an_hour(raw: Raw) -> None:
    reply = raw.token()

    assert reply.status == 200
    assert reply.body.keys() == {"access_token", "token_type", "expires_in", "scope", "jti"}
    assert reply.body["expires_in"] == 3599
    assert len(reply.body["access_token"]) == 32


@pytest.mark.parametrize("wrong", ["client_id", "client_secret"])
def test_wrong_credentials_get_no_token(raw: Raw, wrong: str) -> None:
    assert raw.token(**{wrong: "wrong"}).status == 401


def test_a_token_is_asked_for_with_a_form(raw: Raw) -> None:
    assert raw.bare("POST", "/oauth/token", b"{}", {"Content-Type": "application/json"}).status == 400


@pytest.mark.parametrize("version", [None, "341.0", DATED])
def test_without_a_token_every_version_answers_401(raw: Raw, version: str | None) -> None:
    headers = {"Zuora-Version": version} if version else {}

    reply = raw.bare("GET", "/v1/contacts/x", headers=headers)

    assert (reply.status, reply.code) == (401, 90000011)
    assert reply.body.keys() == {"success", "reasons"}


def test_a_token_expires_after_its_hour(raw: Raw, clock: Clock) -> None:
    raw.send("GET", "/v1/contacts/x")

    clock.now += 3600

    assert raw.send("GET", "/v1/contacts/x").status == 401


def test_rotated_credentials_end_old_tokens_and_the_old_secret(fake: FakeZuora, raw: Raw) -> None:
    raw.send("GET", "/v1/contacts/x")

    fake.tokens.rotate(client_id="new", client_secret="secret")

    assert raw.send("GET", "/v1/contacts/x").status == 401
    assert raw.token().status == 401
    assert raw.token(client_id="new", client_secret="secret").status == 200


@pytest.mark.parametrize(
    ("version", "status"), [(DATED, 404), ("2024-05-20", 404), ("2024-05-19", 200), ("341.0", 200), (None, 200)]
)
def test_the_version_decides_whether_a_failure_has_a_status(raw: Raw, version: str | None, status: int) -> None:
    reply = raw.send("GET", "/v1/contacts/missing", version=version)

    assert (reply.status, reply.code) == (status, 50000040)
    assert reply.body["success"] is False
    assert reply.body["reasons"][0]["message"] == "Cannot find entity by key: 'missing'."


def test_a_failure_names_its_process_and_the_request_of_its_header(raw: Raw) -> None:
    reply = raw.send("GET", "/v1/contacts/missing")

    assert len(reply.body["processId"]) == 16
    assert reply.body["processId"] == reply.body["processId"].upper()
    assert reply.body["requestId"] == reply.headers["Zuora-Request-Id"]


def test_every_answer_carries_the_limits(raw: Raw) -> None:
    headers = raw.send("GET", "/v1/contacts/missing").headers

    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["ratelimit-limit"].startswith("2250000, 50000;w=60")
    assert int(headers["ratelimit-remaining"]) == 50_000 - 2
    assert 0 < int(headers["ratelimit-reset"]) <= 60
    assert headers["Concurrency-Limit-Type"] == "Default"
    assert headers["Concurrency-Limit-Limit"] == "40"
    assert headers["Concurrency-Limit-Remaining"] == "39"


def test_object_query_has_a_concurrency_limit_of_its_own(raw: Raw) -> None:
    headers = raw.send("GET", "/object-query/contacts").headers

    assert (headers["Concurrency-Limit-Type"], headers["Concurrency-Limit-Limit"]) == ("Object Query", "80")


@pytest.mark.parametrize(
    ("track_id", "echoed"), [("a-b_c.1", True), ("2026-01-01T00:00:00Z", False), ("x" * 65, False)]
)
def test_legal_track_ids_are_echoed(raw: Raw, track_id: str, *, echoed: bool) -> None:
    headers = raw.send("GET", "/v1/contacts/x", headers={"Zuora-Track-Id": track_id}).headers

    assert headers.get("Zuora-Track-Id") == (track_id if echoed else None)


def test_long_answers_are_compressed_for_clients_that_accept_it(fake: FakeZuora, raw: Raw) -> None:
    made = fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person()})

    reply = raw.send("GET", f"/v1/accounts/{made['accountId']}", headers={"Accept-Encoding": "gzip"})

    assert reply.headers["Content-Encoding"] == "gzip"
    assert int(reply.headers["Content-Length"]) < len(reply.content)
    assert reply.body["success"] is True


@pytest.mark.parametrize("version", ["341.0", DATED])
def test_an_unknown_path_is_404_in_every_version(raw: Raw, version: str) -> None:
    assert raw.send("GET", "/v1/refunds", version=version).status == 404


def test_a_method_that_a_path_does_not_have_is_405(raw: Raw) -> None:
    reply = raw.send("PATCH", "/v1/contacts/x", {})

    assert (reply.status, reply.code % 100) == (405, 45)


@pytest.mark.parametrize("content", [b"{", b"[]", b"", b"\xff"])
def test_a_malformed_body_is_category_90(fake: FakeZuora, raw: Raw, content: bytes) -> None:
    made = fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person()})

    reply = raw.send("PUT", f"/v1/contacts/{made['billToContactId']}", content)

    assert (reply.status, reply.code % 100) == (400, 90)


class TestIdempotencyKeys:
    @pytest.fixture
    def account_id(self, fake: FakeZuora) -> str:
        made = fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person()})
        return str(made["accountId"])

    @pytest.mark.parametrize(("method", "version"), [("PUT", DATED), ("GET", DATED), ("DELETE", "341.0")])
    def test_are_refused_with_400_where_they_must_not_be(self, raw: Raw, method: str, version: str) -> None:
        reply = raw.send(method, "/v1/contacts/x", {}, headers={"Idempotency-Key": "k"}, version=version)

        assert reply.status == 400
        message = f"Request method '{method}' not supported with Idempotency-Key header"
        assert reply.body["reasons"][0]["message"] == message

    def test_give_the_first_answer_again_for_a_day(
        self, fake: FakeZuora, raw: Raw, clock: Clock, account_id: str
    ) -> None:
        body, key = person() | {"accountId": account_id}, {"Idempotency-Key": "k"}

        first = raw.send("POST", "/v1/contacts", body, headers=key)
        again = raw.send("POST", "/v1/contacts", body | {"firstName": "Other"}, headers=key)
        fake.tokens.revoke_all()
        clock.now += 24 * 3600
        later = Raw(fake).send("POST", "/v1/contacts", body, headers=key)

        assert again.body == first.body
        assert later.body["id"] != first.body["id"]

    @pytest.mark.parametrize("key", ["", "k" * 256])
    def test_have_1_to_255_characters(self, raw: Raw, account_id: str, key: str) -> None:
        body = person() | {"accountId": account_id}

        assert raw.send("POST", "/v1/contacts", body, headers={"Idempotency-Key": key}).status == 400

    def test_keep_a_failure_too(self, raw: Raw, account_id: str) -> None:
        body, key = {"accountId": account_id}, {"Idempotency-Key": "k"}

        first = raw.send("POST", "/v1/contacts", body, headers=key)
        again = raw.send("POST", "/v1/contacts", body | person(), headers=key)

        assert first.code % 100 == 22
        assert (again.status, again.body) == (first.status, first.body)

    def test_are_free_again_after_a_mistake_in_the_fake(
        self, fake: FakeZuora, raw: Raw, account_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        body, key = person() | {"accountId": account_id}, {"Idempotency-Key": "k"}
        raw.send("GET", "/v1/contacts/x")
        monkeypatch.setattr(fake.state, "contacts", None)
        with pytest.raises(HTTPError):
            raw.send("POST", "/v1/contacts", body, headers=key)
        monkeypatch.undo()

        assert raw.send("POST", "/v1/contacts", body, headers=key).status == 200

    def test_of_another_request_are_422(self, raw: Raw, account_id: str) -> None:
        raw.send("POST", "/v1/contacts", person() | {"accountId": account_id}, headers={"Idempotency-Key": "k"})

        assert raw.send("POST", "/v1/accounts", {}, headers={"Idempotency-Key": "k"}).status == 422

    def test_of_a_request_in_progress_are_409(self, fake: FakeZuora, raw: Raw, account_id: str) -> None:
        body = person() | {"accountId": account_id}
        raw.send("GET", "/v1/contacts/x")  # so that both threads share a token

        def create() -> int:
            return raw.send("POST", "/v1/contacts", body, headers={"Idempotency-Key": "k"}).status

        with ThreadPoolExecutor() as threads:
            with fake.state.lock:  # whichever comes first waits here, with its key taken
                both = [threads.submit(create), threads.submit(create)]
                (refused,), _ = wait(both, return_when=FIRST_COMPLETED)
                assert refused.result() == 409
            assert sorted(done.result() for done in both) == [200, 409]
        assert len(fake.state.contacts_of(account_id)) == 2
