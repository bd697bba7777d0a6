"""The client against the fake Zuora: a tenant per test, and its clients."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from urllib3 import PoolManager, Timeout

from chalicelib.clients.zuora import Zuora, ZuoraCredentials
from devstack.zuora import FakeZuora, fake_zuora
from tests.devstack.raw import CLIENT_ID, CLIENT_SECRET, person

STALL_SECONDS = 0.3  # how long an impatient client waits for an answer
ANNUAL = {
    "subscriptionNumber": "A-S1",
    "termStartDate": "2026-01-01",
    "termEndDate": "2026-12-31",
    "autoRenew": True,
    "TurnOnCloudLicensing__c": "Yes",
    "ratePlans": [
        {
            "ratePlanName": "Premium",
            "productName": "Portal",
            "ratePlanCharges": [
                {"type": "Recurring", "quantity": 20},
                {"type": "OneTime", "quantity": 1},
                {"type": "Recurring", "quantity": None},
            ],
        }
    ],
}
CARD = {
    "type": "CreditCard",
    "cardNumber": "************1111",
    "creditCardType": "Visa",
    "expirationMonth": 8,
    "expirationYear": 2030,
    "accountHolderInfo": {"accountHolderName": "Ada Lovelace"},
    "isDefault": True,
}
ACH = {
    "type": "ACH",
    "bankABACode": "123456789",
    "bankAccountNumber": "000012344321",
    "bankName": "A Bank",
    "bankAccountName": "Acme Inc",
    "bankAccountType": "BusinessChecking",
}


class Pool(PoolManager):
    """Connections of a client that becomes impatient where a test says so, never because the machine is busy."""

    read_seconds: float = 30

    def request(self, method: str, url: str, **options: Any) -> Any:  # type: ignore[override]  # all by name
        timeout = Timeout(connect=30, read=self.read_seconds)
        return super().request(method, url, timeout=timeout, **options)

    @contextmanager
    def impatient(self) -> Iterator[None]:
        patient, self.read_seconds = self.read_seconds, STALL_SECONDS
        yield
        self.read_seconds = patient


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Secret:
    """The stored secret, which counts how often it was read."""

    current: ZuoraCredentials = field(default_factory=lambda: ZuoraCredentials(CLIENT_ID, CLIENT_SECRET))
    reads: int = 0

    def __call__(self) -> ZuoraCredentials:
        self.reads += 1
        return self.current


@pytest.fixture
def fake() -> Iterator[FakeZuora]:
    with fake_zuora(port=0, client_id=CLIENT_ID, client_secret=CLIENT_SECRET) as running:
        yield running


@pytest.fixture
def made(fake: FakeZuora) -> dict[str, str]:
    """An account with two contacts and something in each list."""
    body = {
        "name": "Acme",
        "accountNumber": "ACC-1",
        "currency": "EUR",
        "Plan__c": "team",
        "billToContact": person(firstName="Bill"),
        "soldToContact": person(firstName="Solveig"),
        "subscriptions": [ANNUAL, {}, {}],
        "invoices": [{"amount": 100.10, "balance": 0.0}, {"amount": 59.99}, {"amount": 1}],
        "paymentMethods": [CARD, ACH],
    }
    return fake.do("POST", "/v1/accounts", body)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret() -> Secret:
    return Secret()


@pytest.fixture
def pool() -> Pool:
    return Pool(retries=False, maxsize=16)


@pytest.fixture
def client_of_version(fake: FakeZuora, clock: Clock, secret: Secret, pool: Pool) -> Callable[[str], Zuora]:
    """Makes a client that sends this Zuora-Version and never pauses."""

    def make(version: str) -> Zuora:
        return Zuora(base_url=fake.url, credentials=secret, version=version, pool=pool, clock=clock, pause=lambda: None)

    return make


@pytest.fixture
def zuora(client_of_version: Callable[[str], Zuora]) -> Zuora:
    return client_of_version("2025-08-12")
