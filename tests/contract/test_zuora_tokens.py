"""The client's token: shared, cached for its hour, replaced once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.clients.zuora import Zuora, ZuoraCredentials
from chalicelib.failures import Retryable
from devstack.zuora import FakeZuora
from tests.contract.conftest import Clock, Pool, Secret


def tokens_asked_for(fake: FakeZuora) -> int:
    return sum(request["path"] == "/oauth/token" for request in fake.requests)


def test_one_token_serves_many_calls(fake: FakeZuora, zuora: Zuora, secret: Secret, made: dict[str, str]) -> None:
    for _ in range(3):
        zuora.account(made["accountId"])

    assert (tokens_asked_for(fake), secret.reads) == (1, 1)


def test_a_token_is_replaced_five_minutes_before_its_end(
    fake: FakeZuora, zuora: Zuora, clock: Clock, made: dict[str, str]
) -> None:
    zuora.account(made["accountId"])

    clock.now = 3599 - 300 - 1
    zuora.account(made["accountId"])
    assert tokens_asked_for(fake) == 1

    clock.now = 3599 - 300
    zuora.account(made["accountId"])
    assert tokens_asked_for(fake) == 2


def test_a_refused_token_is_replaced_and_the_call_sent_again(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str]
) -> None:
    zuora.account(made["accountId"])
    fake.tokens.revoke_all()

    contact = zuora.update_contact(made["soldToContactId"], {"city": "Rome"})

    assert contact.city == "Rome"
    assert tokens_asked_for(fake) == 2
    assert [request["method"] for request in fake.requests].count("PUT") == 2


def test_a_token_is_replaced_once_only(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    """R57: refused twice is an outage, not a refusal of the change."""
    fake.fail("PUT /v1/contacts", "unauthorized")

    with pytest.raises(Retryable):
        zuora.update_contact(made["soldToContactId"], {"city": "Rome"})

    assert tokens_asked_for(fake) == 2
    assert [request["method"] for request in fake.requests].count("PUT") == 2


def test_a_refused_token_in_an_old_version_too(fake: FakeZuora, made: dict[str, str], secret: Secret) -> None:
    zuora = Zuora(base_url=fake.url, credentials=secret, version="341.0")
    zuora.account(made["accountId"])
    fake.tokens.revoke_all()

    assert zuora.account(made["accountId"]).number == "ACC-1"


def test_a_rotated_secret_is_picked_up(fake: FakeZuora, zuora: Zuora, secret: Secret, made: dict[str, str]) -> None:
    zuora.account(made["accountId"])
    fake.tokens.rotate(client_id="next", client_secret="next secret")
    secret.current = ZuoraCredentials("next", "next secret")

    assert zuora.account(made["accountId"]).number == "ACC-1"
    assert secret.reads == 2


def test_wrong_credentials_are_an_outage_that_can_be_fixed(
    fake: FakeZuora, zuora: Zuora, secret: Secret, made: dict[str, str]
) -> None:
    """R57: nothing is given up because a secret is wrong."""
    right, secret.current = secret.current, ZuoraCredentials("wrong", "wrong")
    with pytest.raises(Retryable, match="no access token"):
        zuora.account(made["accountId"])
    assert len(fake.requests) == 1

    secret.current = right
    assert zuora.account(made["accountId"]).number == "ACC-1"


@pytest.mark.parametrize(
    "fault", ["http_503", "http_500_html", "rate_limit", "rate_limit_no_header", "unauthorized", "malformed"]
)
def test_a_refused_token_request_is_retryable(fake: FakeZuora, zuora: Zuora, made: dict[str, str], fault: str) -> None:
    """R57."""
    fake.fail("POST /oauth/token", fault, retry_after=7)

    with pytest.raises(Retryable) as failure:
        zuora.update_contact(made["soldToContactId"], {"city": "Rome"})

    assert failure.value.retry_after == (7 if fault.startswith("rate_limit") else None)
    assert len(fake.requests) == 1


def test_an_unanswered_token_request_is_retryable(fake: FakeZuora, zuora: Zuora, pool: Pool) -> None:
    """R57."""
    fake.fail("POST /oauth/token", "timeout_before")

    with pool.impatient(), pytest.raises(Retryable):
        zuora.account("ACC-1")


def test_threads_share_one_token(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    together = threading.Barrier(4)

    def read() -> str:
        together.wait()
        return zuora.account(made["accountId"]).number

    with ThreadPoolExecutor(4) as threads:
        numbers = [done.result() for done in [threads.submit(read) for _ in range(4)]]

    assert numbers == ["ACC-1"] * 4
    assert tokens_asked_for(fake) == 1


def test_threads_that_are_refused_together_replace_the_token_once(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str]
) -> None:
    zuora.account(made["accountId"])
    fake.tokens.revoke_all()
    together = threading.Barrier(4)

    def read() -> str:
        together.wait()
        return zuora.account(made["accountId"]).number

    with ThreadPoolExecutor(4) as threads:
        numbers = [done.result() for done in [threads.submit(read) for _ in range(4)]]

    assert numbers == ["ACC-1"] * 4
    assert tokens_asked_for(fake) == 2
