"""Secrets Manager is down: known secrets stay valid for hours, unknown ones give 503, and it recovers at once (S20)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib import wiring
from chalicelib.api.web.http import ROUTES, Route, SignIn
from chalicelib.clients.secrets import KEEP_WHILE_AWAY_SECONDS, Secrets
from tests.api.examples import example_of, name_of
from tests.api.role_matrix import RoleMatrix
from tests.environment import CALLOUT_KEY, PORTAL_CREDENTIAL
from tests.gateway import Response

SECRETS = ("token-keys", "pseudonym-key", "callout-key", "portal-credential", "zuora")
WHAT_IT_IS_FOR = {
    "token-keys": "POST /v1/invitations/preview",
    "pseudonym-key": "POST /v1/billing-accounts/{account_id}/invitations",
    "callout-key": "POST /v1/callouts/zuora",
    "portal-credential": "POST /v1/sign-in-links/redeem",
    "zuora": "POST /v1/support/billing-accounts",
}
NOTHING_TO_DO = {"POST /v1/me/email": (409, "email_unchanged")}
FOR_THE_INVITEE = ("/v1/me/invitations", "/v1/invitations/accept")


class Manager:
    """Secrets Manager, of which some or all secrets cannot be read."""

    def __init__(self) -> None:
        self._real = boto3.client("secretsmanager")
        self.away: set[str] = set()

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803 -- as boto3 names it
        if SecretId in self.away:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")
        return self._real.get_secret_value(SecretId=SecretId)


class SecretsUnderTest:
    """The secrets of the service under test, with a clock that is moved by hand."""

    def __init__(self, matrix: RoleMatrix) -> None:
        self.matrix, self.manager, self.seconds = matrix, Manager(), 1000.0
        self.forget()

    def forget(self) -> None:
        """Starts again as a new process, which knows nothing yet."""
        self.secrets = Secrets(self.manager, lambda: self.seconds)
        wiring.zuora.cache_clear()
        wiring.kept_lists.cache_clear()

    def asked(self, route: Route) -> Response:
        """The valid request of a route, by a person who may send it."""
        matrix, example = self.matrix, example_of(route, self.matrix)
        if route.tag == "callouts":
            return _callout(matrix)
        if route.sign_in is SignIn.PORTAL:
            headers = {"Authorization": f"Bearer {PORTAL_CREDENTIAL}"}
            return matrix.world.call(example.method, example.url, None, example.body, headers)
        who = "support" if "/support/" in route.path else "admin"
        return example.sent(matrix, matrix.who("invitee" if route.path.startswith(FOR_THE_INVITEE) else who))


def _callout(matrix: RoleMatrix) -> Response:
    body = json.dumps({"account_id": matrix.zuora_id})
    mac = hmac.new(CALLOUT_KEY["current"].encode(), body.encode(), hashlib.sha256).digest()
    headers = {"X-Zuora-Signature": base64.b64encode(mac).decode(), "Content-Type": "application/json"}
    return matrix.world.gateway.request("POST", "/v1/callouts/zuora", raw_body=body, headers=headers)


@pytest.fixture
def shelf(matrix: RoleMatrix, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsUnderTest]:
    made = SecretsUnderTest(matrix)
    monkeypatch.setattr(wiring, "secrets", lambda: made.secrets)
    yield made
    wiring.zuora.cache_clear()
    wiring.kept_lists.cache_clear()


def _healthy(route: Route, answer: Response) -> bool:
    return (answer.status, answer.code) == NOTHING_TO_DO.get(name_of(route), (answer.status, None))


def _busy(answer: Response) -> bool:
    """503, with the time after which to retry."""
    away = answer.status == 503 and answer.code in {"busy", "zuora_unavailable"}
    return away and int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("age", [400.0, KEEP_WHILE_AWAY_SECONDS - 60])
def test_with_known_secrets_every_route_keeps_working(shelf: SecretsUnderTest, age: float) -> None:
    """Every secret was read once; then none can be, for minutes or for hours."""
    for name in SECRETS:
        shelf.secrets.get(name)
    shelf.manager.away, shelf.seconds = set(SECRETS), shelf.seconds + age
    before = shelf.matrix.world.everything()
    for route in ROUTES:
        answer = shelf.asked(route)
        assert _healthy(route, answer), f"{name_of(route)}: {answer.status} {answer.text}"
        if route.method != "GET":
            shelf.matrix.world.rewind(before)


def test_without_any_secret_a_route_works_or_is_busy(shelf: SecretsUnderTest) -> None:
    """Never 500, never a way in: a caller that cannot be checked is asked to retry."""
    shelf.manager.away = set(SECRETS)
    before = shelf.matrix.world.everything()
    busy = set()
    for route in ROUTES:
        answer = shelf.asked(route)
        assert _busy(answer) or _healthy(route, answer), f"{name_of(route)}: {answer.status} {answer.text}"
        if _busy(answer):
            busy.add(name_of(route))
            assert shelf.matrix.world.everything() == before, name_of(route)
        elif route.method != "GET":
            shelf.matrix.world.rewind(before)
    assert set(WHAT_IT_IS_FOR.values()) <= busy


@pytest.mark.parametrize("name", SECRETS)
def test_a_recovered_secret_is_used_at_once(shelf: SecretsUnderTest, name: str) -> None:
    """An unknown secret, unlike a known one, is requested again by every request."""
    (route,) = [each for each in ROUTES if name_of(each) == WHAT_IT_IS_FOR[name]]
    shelf.manager.away = {name}
    for _ in range(2):
        assert _busy(shelf.asked(route))
    shelf.manager.away = set()
    assert _healthy(route, shelf.asked(route))


UNFILLED = ("{}", '{"other": "x"}', '{"current": "k9", "key": "", "client_id": "x", "k1": "y"}')


@pytest.mark.parametrize("text", UNFILLED)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_with_missing_content_counts_as_unavailable(shelf: SecretsUnderTest, name: str, text: str) -> None:
    """As before anybody has filled it after the first deployment: 503 or a refusal, and never 500."""
    (route,) = [each for each in ROUTES if name_of(each) == WHAT_IT_IS_FOR[name]]
    manager = boto3.client("secretsmanager")
    whole = manager.get_secret_value(SecretId=name)["SecretString"]
    manager.put_secret_value(SecretId=name, SecretString=text)
    try:
        answer = shelf.asked(route)
    finally:
        manager.put_secret_value(SecretId=name, SecretString=whole)
    refused = name in {"callout-key", "portal-credential"}  # any value is a key there, and this one is another
    assert answer.status == 401 if refused else _busy(answer), f"{answer.status} {answer.text}"
