"""Every call of the client under every fault, and how the client classifies single answers."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.failures import Permanent, Retryable
from devstack.zuora import FakeZuora
from tests.contract.conftest import Pool
from tests.devstack.raw import until

Call = Callable[[Zuora, Mapping[str, str]], object]
READS: dict[str, Call] = {
    "account": lambda zuora, made: zuora.account(made["accountId"]),
    "contact": lambda zuora, made: zuora.contact(made["soldToContactId"]),
    "contacts_of": lambda zuora, made: zuora.contacts_of(made["accountId"]),
    "subscriptions": lambda zuora, made: zuora.subscriptions(made["accountId"], page=1, page_size=20),
    "invoices": lambda zuora, made: zuora.invoices(made["accountId"], cursor=None, page_size=20),
    "payment_methods": lambda zuora, made: zuora.payment_methods(made["accountId"]),
}
NAME = {"first_name": "Mary", "last_name": "Somerville"}
WRITES: dict[str, Call] = {
    "update_contact": lambda zuora, made: zuora.update_contact(made["soldToContactId"], {"city": "Rome"}),
    "create_contact": lambda zuora, made: zuora.create_contact(made["accountId"], NAME, idempotency_key="k"),
    "set_account_contacts": lambda zuora, made: zuora.set_account_contacts(
        made["accountId"], sold_to=made["billToContactId"]
    ),
}
CALLS = READS | WRITES


@dataclass(frozen=True)
class Expected:
    """What a lasting fault results in: how long to wait, and how many attempts a reading call made."""

    retry_after: float | None = None
    tries_of_reads: int = 1


FAULTS = {
    "http_503": Expected(tries_of_reads=2),
    "http_500_html": Expected(),
    "rate_limit": Expected(retry_after=2),
    "rate_limit_no_header": Expected(retry_after=2),
    "lock": Expected(tries_of_reads=2),
    "temporary": Expected(tries_of_reads=2),
    "malformed": Expected(),
}
HEALS_AT_ONCE = ("http_503", "lock", "temporary")


@pytest.fixture
def warm(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> Zuora:
    """A client that already has its token; the request log starts empty."""
    zuora.account(made["accountId"])
    fake.forget_requests()
    return zuora


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CALLS)
def test_a_lasting_fault_is_retryable(
    fake: FakeZuora, warm: Zuora, made: dict[str, str], name: str, fault: str
) -> None:
    """R57: and no call is sent more than twice, no write more than once."""
    fake.fail("*", fault)

    with pytest.raises(Retryable) as failure:
        CALLS[name](warm, made)

    expected = FAULTS[fault]
    assert failure.value.retry_after == expected.retry_after
    assert len(fake.requests) == (expected.tries_of_reads if name in READS else 1)


@pytest.mark.parametrize("name", CALLS)
def test_a_refused_token_is_retryable_after_one_new_token(
    fake: FakeZuora, warm: Zuora, made: dict[str, str], name: str
) -> None:
    """R57."""
    fake.fail("GET /", "unauthorized")
    fake.fail("PUT /", "unauthorized")
    fake.fail("POST /v1", "unauthorized")

    with pytest.raises(Retryable):
        CALLS[name](warm, made)

    assert [request["path"] == "/oauth/token" for request in fake.requests] == [False, True, False]


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
def test_calls_that_get_no_answer_are_retryable_and_not_sent_again(
    fake: FakeZuora, warm: Zuora, made: dict[str, str], pool: Pool, fault: str
) -> None:
    """R57: all at once, because a stalled request delays no other."""
    fake.fail("*", fault)

    def failure_of(call: Call) -> BaseException | None:
        with pytest.raises(Retryable) as failure:
            call(warm, made)
        return failure.value

    with pool.impatient(), ThreadPoolExecutor(len(CALLS)) as threads:
        failures = list(threads.map(failure_of, CALLS.values()))

    assert len(failures) == len(CALLS)
    until(lambda: len(fake.requests) == len(CALLS))
    cities = {"timeout_before": "San Francisco", "timeout_after": "Rome"}
    until(lambda: fake.do("GET", f"/v1/contacts/{made['soldToContactId']}")["city"] == cities[fault])


@pytest.mark.parametrize("fault", HEALS_AT_ONCE)
@pytest.mark.parametrize("name", READS)
def test_a_reading_call_survives_a_single_fault(
    fake: FakeZuora, warm: Zuora, made: dict[str, str], name: str, fault: str
) -> None:
    fake.fail("*", fault, times=1)

    CALLS[name](warm, made)

    assert fake.faults.listed() == []


@pytest.mark.parametrize("fault", [*FAULTS, "unauthorized", "timeout_before"])
def test_a_change_repeated_after_a_failure_takes_effect(
    fake: FakeZuora, warm: Zuora, made: dict[str, str], pool: Pool, fault: str
) -> None:
    """R57: nothing is lost."""
    fake.fail("PUT /v1/contacts", fault, times=2 if fault == "unauthorized" else 1)
    with pool.impatient(), pytest.raises(Retryable):
        warm.update_contact(made["soldToContactId"], {"city": "Rome"})

    assert warm.update_contact(made["soldToContactId"], {"city": "Rome"}).city == "Rome"


@pytest.mark.parametrize("fault", ["timeout_after", "malformed"])
def test_a_creation_repeated_with_its_key_creates_once(
    fake: FakeZuora, warm: Zuora, made: dict[str, str], pool: Pool, fault: str
) -> None:
    """R57."""
    fake.fail("POST /v1/contacts", fault, times=1)
    with pool.impatient(), pytest.raises(Retryable):
        warm.create_contact(made["accountId"], NAME, idempotency_key="k")
    until(lambda: len(fake.state.contacts_of(made["accountId"])) == 3)

    created = warm.create_contact(made["accountId"], NAME, idempotency_key="k")

    assert [contact.id for contact in warm.contacts_of(made["accountId"])].count(created.id) == 1
    assert len(warm.contacts_of(made["accountId"])) == 3


@pytest.mark.parametrize("version", ["2025-08-12", "341.0"])
class TestOfEitherVersion:
    """Zuora-Versions before 2024-05-20 answer failures with 200 and success:false."""

    @pytest.fixture
    def zuora(self, client_of_version: Callable[[str], Zuora], version: str) -> Zuora:
        return client_of_version(version)

    def test_an_unknown_id_is_not_found(self, zuora: Zuora, made: dict[str, str]) -> None:
        for call in (zuora.contact, zuora.account, lambda key: zuora.update_contact(key, {"city": "Rome"})):
            with pytest.raises(ZuoraNotFound) as refused:
                call(made["accountId"][::-1])
            assert refused.value.code == "50000040"
            assert refused.value.reason.startswith("Cannot find entity by key")

    def test_a_refused_value_is_permanent(self, zuora: Zuora, made: dict[str, str]) -> None:
        """R57: with Zuora's code and reason; the reason is not in the exception's text, which is logged."""
        with pytest.raises(Permanent) as refused:
            zuora.update_contact(made["soldToContactId"], {"country": "Atlantis"})

        assert (refused.value.code, refused.value.reason) == ("52000020", "'country' is not a known country.")
        assert str(refused.value) == "52000020"

    def test_a_business_rule_is_permanent(self, fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
        """R57."""
        fake.state.accounts[made["accountId"]]["status"] = "Canceled"

        with pytest.raises(Permanent) as refused:
            zuora.set_account_contacts(made["accountId"], sold_to=made["billToContactId"])

        assert (refused.value.code, refused.value.reason) == ("51500030", "Cannot update a cancelled account")
        assert zuora.update_contact(made["soldToContactId"], {"city": "Rome"}).city == "Rome"

    def test_a_lock_is_retryable(self, fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
        """R57."""
        fake.fail("PUT /v1/contacts", "lock", times=1)

        with pytest.raises(Retryable, match="50000050"):
            zuora.update_contact(made["soldToContactId"], {"city": "Rome"})
