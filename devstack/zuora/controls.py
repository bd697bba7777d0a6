"""The paths that begin with two underscores: faults, the log of requests, reset, credentials. They need no token."""

from collections.abc import Callable
from typing import Any

from devstack.zuora.answers import Answer, json_answer
from devstack.zuora.calls import Call
from devstack.zuora.fake import FakeZuora
from devstack.zuora.faults import Fault
from devstack.zuora.refusals import Refusal

PREFIX = "/__"


def control(fake: FakeZuora, call: Call) -> Answer:
    """Does what the path says; wrong input gets 400 with a message, an unknown path 404.

    POST /__faults {match, fault, times?, retry_after?}, GET and DELETE /__faults; GET and DELETE /__requests;
    POST /__reset empties everything but the credentials; POST /__credentials {client_id, client_secret} rotates them.
    """
    wanted = _CONTROLS.get((call.method, call.path))
    if wanted is None:
        return json_answer({"message": f"There is no control {call.method} {call.path}."}, status=404)
    try:
        return wanted(fake, call)
    except (TypeError, ValueError, Refusal) as problem:
        return json_answer({"message": str(problem)}, status=400)


def _switch_on(fake: FakeZuora, call: Call) -> Answer:
    fake.faults.add(Fault(**_simple_fields(call)))
    return _faults(fake, call)


def _switch_off(fake: FakeZuora, call: Call) -> Answer:
    fake.heal()
    return _faults(fake, call)


def _faults(fake: FakeZuora, _call: Call) -> Answer:
    return json_answer({"faults": fake.faults.listed()})


def _requests(fake: FakeZuora, _call: Call) -> Answer:
    return json_answer({"requests": fake.requests})


def _forget(fake: FakeZuora, call: Call) -> Answer:
    fake.forget_requests()
    return _requests(fake, call)


def _reset(fake: FakeZuora, _call: Call) -> Answer:
    fake.reset()
    return json_answer({"reset": True})


def _rotate(fake: FakeZuora, call: Call) -> Answer:
    fake.tokens.rotate(**_simple_fields(call))
    return json_answer({"rotated": True})


def _simple_fields(call: Call) -> dict[str, Any]:
    body = call.body()
    wrong = [name for name, value in body.items() if not isinstance(value, str | int)]
    if wrong:
        raise TypeError(f"{', '.join(wrong)}: a text or a number is needed")
    return body


_CONTROLS: dict[tuple[str, str], Callable[[FakeZuora, Call], Answer]] = {
    ("POST", "/__faults"): _switch_on,
    ("GET", "/__faults"): _faults,
    ("DELETE", "/__faults"): _switch_off,
    ("GET", "/__requests"): _requests,
    ("DELETE", "/__requests"): _forget,
    ("POST", "/__reset"): _reset,
    ("POST", "/__credentials"): _rotate,
}
