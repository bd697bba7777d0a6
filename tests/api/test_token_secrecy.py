"""No token, link or part of one appears anywhere except in its one mail (I6, S15-S17)."""

import base64
import hashlib
import json
from typing import Any

import pytest

from tests.captured_output import written
from tests.environment import TOKEN_KEYS
from tests.gateway import Gateway, Response
from tests.pipeline import Pipeline
from tests.world import World


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every answer, and every message on a queue before it is consumed."""
    texts: list[str] = []
    requested, consumed = Gateway.request, Pipeline.queue

    def request(gateway: Gateway, *args: Any, **kwargs: Any) -> Response:
        answer = requested(gateway, *args, **kwargs)
        texts.append(f"{answer.headers} {answer.text}")
        return answer

    def queue(pipeline: Pipeline, *args: Any, **kwargs: Any) -> int:
        texts.append(json.dumps(pipeline.waiting()))
        return consumed(pipeline, *args, **kwargs)

    monkeypatch.setattr(Gateway, "request", request)
    monkeypatch.setattr(Pipeline, "queue", queue)
    return texts


def _secrets(token: str) -> dict[str, str]:
    """A token, its parts, and whatever might be stored in its place; the keys as well."""
    payload, mac = token.split(".")
    raw = base64.urlsafe_b64decode(mac + "=" * (-len(mac) % 4))
    return {
        "token": token,
        "payload": payload,
        "MAC": mac,
        "beginning of the MAC": mac[:16],
        "end of the MAC": mac[-16:],
        "MAC in hex": raw.hex(),
        "MAC in base64": base64.b64encode(raw).decode().rstrip("="),
        "hash of the token": hashlib.sha256(token.encode()).hexdigest(),
        "link": "/invitations#",
        "key": TOKEN_KEYS["k1"],
    }


def test_a_token_is_nowhere_except_in_its_mail(world: World, heard: list[str]) -> None:
    """I6, S15, S16, S17: not in tables (idempotency records and history among them), queues, answers, logs, metrics."""
    olga, new, eve = (world.person(f"{name}@acme.example") for name in ("olga", "new", "eve"))
    with written() as output:
        account = world.account(olga)
        path = f"/v1/billing-accounts/{account}/invitations"
        body = {"email": new.email}
        for _ in range(2):
            world.call("POST", path, olga, body, {"Idempotency-Key": "key-1"})
        token = world.link_token(new.email)
        for who in (None, eve, new):
            world.call("POST", "/v1/invitations/preview", who, {"token": token})
        for who in (None, eve, new, new, eve):
            world.call("POST", "/v1/invitations/accept", who, {"token": token})
        for broken in (token[:-1], f"{token}x", token.upper()):
            world.call("POST", "/v1/invitations/preview", None, {"token": broken})
        for url in (f"{path}?status=accepted", f"/v1/billing-accounts/{account}/history", "/v1/me/invitations"):
            world.call("GET", url, olga)
        world.pipeline.drain()
    heard += [output.getvalue(), json.dumps(world.everything()), str([mail.tags for mail in world.ses.sent])]
    (mail,) = [each for each in world.ses.sent if token in each.text]
    assert token in mail.html
    assert "#" not in mail.subject
    everything = "\n".join(heard)
    for source in ("X-Request-Id", "evt_", '"message":"request"', "CloudWatchMetrics", "fingerprint", "delivery_id"):
        assert source in everything, "the search would miss something"
    assert {name for name, secret in _secrets(token).items() if secret in everything} == set()
