"""A Zuora client that gets prepared answers, recorded or invented."""

import io
import json
from collections.abc import Mapping
from typing import Any

from urllib3 import HTTPResponse, PoolManager

from chalicelib.clients.zuora import Zuora
from tests.contract.conftest import Secret
from tests.contract.schemas import sample

TOKEN = {"access_token": "t", "expires_in": 3599}
Answer = HTTPResponse | Exception


class Recorded(PoolManager):
    """Returns the prepared answers in order, whatever is requested, after any number of tokens."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self._answers = list(answers)
        self.asked = 0

    def request(self, method: str, url: str, *_: Any, **__: Any) -> Any:
        if url.endswith("/oauth/token"):
            return answer(TOKEN)
        assert method
        self.asked += 1
        given = self._answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HTTPResponse(io.BytesIO(content), headers, status, preload_content=False)


def client(pool: PoolManager) -> Zuora:
    return Zuora(base_url="https://rest.test.zuora.com", credentials=Secret(), pool=pool, pause=lambda: None)


def reading(*answers: Answer) -> object:
    return client(Recorded(*answers)).contact("c")


def writing(*answers: Answer) -> object:
    return client(Recorded(*answers)).update_contact("c", {"city": "Rome"})


def recorded(name: str) -> HTTPResponse:
    exchange = sample(name)
    body = exchange["body"]
    headers = {name: value for name, value in exchange["headers"].items() if name.lower() != "content-length"}
    return answer(body.encode() if isinstance(body, str) else body, exchange["status"], headers)
