"""When a service that we depend on is down: 503 with Retry-After, nothing decided, nothing lost."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.api.team import Team
from tests.integration.faults import on_the_wire
from tests.world import World, fresh_world


def test_an_issuer_that_cannot_be_reached_lets_nobody_in(
    issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without keys nothing is decided: 503 with Retry-After, neither 401 nor a way in."""
    dead = "http://127.0.0.1:1/.well-known/jwks.json"
    with fresh_world(issuer, zuora_server, monkeypatch, JWKS_URL=dead) as world:
        answer = world.call("GET", "/v1/me", world.person("olga@acme.example"))
        assert (answer.status, answer.code) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        assert world.call("GET", "/health").status == 200


def _code(code: str) -> Exception:
    return ClientError({"Error": {"Code": code, "Message": code}}, "BatchGetItem")


OUTAGES: dict[str, Exception] = {
    "no connection": EndpointConnectionError(endpoint_url="https://dynamodb.example"),
    "no answer to a connection": ConnectTimeoutError(endpoint_url="https://dynamodb.example"),
    "no answer to a request": ReadTimeoutError(endpoint_url="https://dynamodb.example"),
    "throttled": _code("ThrottlingException"),
    "too much at once": _code("ProvisionedThroughputExceededException"),
    "a failure there": _code("InternalServerError"),
}


@pytest.mark.parametrize("kind", OUTAGES)
def test_without_the_database_reads_and_writes_are_busy(world: World, team: Team, kind: str) -> None:
    """The caller is asked to retry; nothing happens, and afterwards all is as before."""
    invitation = {"email": "new@acme.example"}
    asked = {
        "BatchGetItem": ("GET", team.path, None),
        "Query": ("GET", f"{team.path}/managers", None),
        "TransactWriteItems": ("POST", f"{team.path}/invitations", invitation),
    }
    with world.unchanged():
        for operation, (method, path, body) in asked.items():
            with on_the_wire(operation, OUTAGES[kind]):
                answer = world.call(method, path, team.carl, body)
            assert (answer.status, answer.code) == (503, "busy"), operation
            assert int(answer.headers["Retry-After"]) > 0
    assert world.call("POST", f"{team.path}/invitations", team.carl, invitation).status == 201
