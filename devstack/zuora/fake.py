"""The fake tenant as one thing: takes a call, gives the answer, and lets tests look and interfere."""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlencode

from devstack.zuora import routes
from devstack.zuora.answers import Answer, refused
from devstack.zuora.bad_answers import spoiled
from devstack.zuora.calls import Call
from devstack.zuora.faults import Fault, Faults, answer_of, too_many_requests, unauthorized
from devstack.zuora.idempotency import Idempotency
from devstack.zuora.limits import Limits
from devstack.zuora.oauth import Tokens
from devstack.zuora.refusals import Refusal
from devstack.zuora.state import State

TOKEN_PATH = "/oauth/token"
REQUESTS_KEPT = 50_000
RETRY_AFTER_SECONDS = 120  # what Zuora says beyond the limit of concurrent requests


class FakeZuora:
    """A Zuora tenant for tests. ``url`` is where it listens; everything else needs no HTTP.

    ``do`` acts as a person in Zuora's own user interface would; ``fail`` and ``heal`` switch faults; ``requests``
    is what was received; ``tokens.rotate`` changes the client secret; ``state`` holds the records.
    """

    def __init__(
        self,
        *,
        url: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float] = time.time,
        linger: float = 0.0,
    ) -> None:
        self.url = url
        self.state = State(clock=clock, linger=linger)
        self.faults = Faults()
        self.tokens = Tokens(client_id=client_id, client_secret=client_secret, clock=clock)
        self.limits = Limits(clock=clock)
        self._idempotency = Idempotency(clock=clock)
        self._requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was received: method, path, query, body, headers (without Authorization), at; oldest first."""
        return list(self._requests)

    def do(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Does one call directly: no token, no log, no fault. Raises Refusal where Zuora would refuse."""
        route, parameters = routes.find(method, path)
        content = b"" if body is None else json.dumps(body).encode()
        call = Call(method, path, (), Message(), content, self.url, parameters)
        with self.state.lock:
            answered: dict[str, Any] = json.loads(route(self.state, call).content)
        return answered

    def fail(self, match: str, fault: str, *, times: int = 0, retry_after: int | str = 2) -> None:
        """Switches a fault on, as POST /__faults does; ``times`` 0 means until it is healed."""
        self.faults.add(Fault(match, fault, times, retry_after))

    def heal(self) -> None:
        """Switches all faults off and ends the stalls."""
        self.faults.clear()

    def forget_requests(self) -> None:
        """Empties the log of requests."""
        self._requests.clear()

    def reset(self) -> None:
        """Back to an empty tenant: everything goes but the credentials."""
        with self.state.lock:
            self.state.reset()
        self.heal()
        self.forget_requests()
        self.tokens.revoke_all()
        self._idempotency.clear()

    def answer(self, call: Call) -> Answer | None:
        """The answer to one call; None if it shall never come."""
        self._requests.append(_logged(call, self.state.clock()))
        if call.path != TOKEN_PATH and not self.tokens.accepts(call.headers.get("Authorization", "")):
            return unauthorized()
        fault = self.faults.take(call)
        if fault is None:
            return self._run(call)
        instead = answer_of(fault, call)
        if instead is not None or fault.fault == "timeout_before":
            return instead
        answer = self._run(call)
        if fault.fault == "timeout_after":
            return None
        return replace(answer, drips=True) if fault.fault == "drip" else spoiled(fault.fault, answer)

    def beyond_the_limit(self, call: Call) -> Answer:
        """The answer when too many requests are in flight; it is logged like any other."""
        self._requests.append(_logged(call, self.state.clock()))
        return too_many_requests(call, retry_after=RETRY_AFTER_SECONDS)

    def _run(self, call: Call) -> Answer:
        if call.path == TOKEN_PATH:
            return self.tokens.issue(call)
        return self._idempotency.once(call, lambda: self._execute(call))

    def _execute(self, call: Call) -> Answer:
        try:
            route, parameters = routes.find(call.method, call.path)
            with self.state.lock:
                return route(self.state, replace(call, parameters=parameters))
        except Refusal as refusal:
            return refused(refusal, call)


def _logged(call: Call, now: float) -> dict[str, Any]:
    return {
        "method": call.method,
        "path": call.path,
        "query": urlencode(call.query),
        "body": _readable(call),
        "headers": {name: value for name, value in call.headers.items() if name.casefold() != "authorization"},
        "at": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _readable(call: Call) -> Any:
    text = call.content.decode(errors="replace")
    if call.path == TOKEN_PATH:
        form = dict(parse_qsl(text))
        return form | ({"client_secret": "***"} if "client_secret" in form else {})
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
