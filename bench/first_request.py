"""The first request of a process, without AWS: what it answered once is played back.

The request is an invitation. It verifies a sign-in, reads the secrets, and reads and writes DynamoDB.
"""

from base64 import b64encode
from typing import Any

import botocore.endpoint
import pytest
import urllib3

from chalicelib import wiring
from chalicelib.store import connection, identities
from devstack.issuer import dev_issuer
from devstack.zuora import fake_zuora
from tests.environment import AWS, SETTINGS
from tests.world import ZUORA_ID, ZUORA_SECRET, World, fresh_world

LISTENED_TO = {"DYNAMODB_TRANSPORT": "botocore"}
"""While it is recorded; AWS answers the direct transport the same."""
PLAYED = """
import base64, botocore.endpoint, json, sys, urllib3
from botocore.awsrequest import AWSResponse, HeadersDict

recorded = json.load(sys.stdin)
answers = iter(recorded["answers"])

def played(_endpoint, request):
    status, headers, content = next(answers)
    answer = AWSResponse(request.url, status, HeadersDict(headers), None)
    answer._content = base64.b64decode(content)
    return answer

class Keys:
    status, data = 200, recorded["keys"]

botocore.endpoint.Endpoint._send = played
urllib3.PoolManager.request = lambda *_said, **_more: Keys
"""
"""What a process with ``recorded()`` on its stdin does so that AWS and the issuer answer."""
REQUEST = """
answer = app.app(recorded["event"], None)
assert answer["statusCode"] == 201, answer
"""


def recorded() -> dict[str, Any]:
    """An invitation: its event, what AWS answered in turn, the issuer's keys, and the settings that name the issuer."""
    with (
        dev_issuer(port=0) as issuer,
        fake_zuora(port=0, client_id=ZUORA_ID, client_secret=ZUORA_SECRET) as zuora,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in (AWS | SETTINGS | LISTENED_TO).items():
            patch.setenv(name, value)
        with fresh_world(issuer, zuora, patch) as world:
            event, answers = _invitation(world, patch)
        jwks_url = f"{issuer.url}/.well-known/jwks.json"
        keys = urllib3.request("GET", jwks_url).data.decode()
        return {
            "event": event,
            "answers": answers,
            "keys": keys,
            "settings": {"ISSUER": issuer.url, "JWKS_URL": jwks_url},
        }


def _invitation(world: World, patch: pytest.MonkeyPatch) -> tuple[Any, list[Any]]:
    owner = world.person("olga@acme.example")
    account = world.account(owner)
    for kept in (wiring.secrets, wiring.verifier, connection.client):
        kept.cache_clear()
    identities.forget_all()
    events: list[Any] = []
    answers: list[Any] = []
    heard: list[Any] = []
    app, convert = world.gateway._app, botocore.endpoint.convert_to_response_dict  # noqa: SLF001 -- the bench listens

    def overheard(event: Any, context: Any) -> Any:
        events.append(event)
        return app(event, context)

    def noted(answer: Any, operation: Any) -> Any:
        if answer not in heard:  # botocore converts it again for its own history
            heard.append(answer)
            answers.append((answer.status_code, dict(answer.headers), b64encode(answer.content).decode()))
        return convert(answer, operation)

    patch.setattr(world.gateway, "_app", overheard)
    patch.setattr(botocore.endpoint, "convert_to_response_dict", noted)
    world.invite(owner, account, "ina@acme.example")
    return events[0], answers
