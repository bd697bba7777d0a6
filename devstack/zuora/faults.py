"""Faults that can be switched on: which requests they hit, for how long, and what they do."""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from devstack.zuora.answers import Answer, json_answer, refused
from devstack.zuora.bad_answers import SPOILERS
from devstack.zuora.calls import Call
from devstack.zuora.refusals import LIMIT, LOCK, TEMPORARY, Refusal

SORRY = "<html><body><h1>{}</h1><p>We're sorry, but something went wrong.</p></body></html>"
TOO_MANY = (
    "The total number of concurrent requests has exceeded the limit allowed by the system. "
    "Please resubmit your request later."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; ``times`` is how often it still strikes, 0 means until it is cleared.

    ``match`` is a method and the beginning of a path, or ``*``. ``retry_after`` is what the limits say: seconds, or any
    text in their place.
    """

    match: str
    fault: str
    times: int = 0
    retry_after: int | str = 2

    def __post_init__(self) -> None:
        """Refuses what could never strike."""
        method, space, path = str(self.match).partition(" ")
        if self.match != "*" and not (method and space and path.startswith("/")):
            raise ValueError("match: a method and the beginning of a path, like 'PUT /v1/contacts', or '*'")
        if self.fault not in NAMES:
            raise ValueError(f"fault: one of {', '.join(NAMES)}")
        numbers = [self.times] if isinstance(self.retry_after, str) else [self.times, self.retry_after]
        if any(type(number) is not int or number < 0 for number in numbers):
            raise ValueError("times and retry_after: whole numbers from 0")

    def hits(self, call: Call) -> bool:
        """Whether it is meant for this call."""
        method, _, path = self.match.partition(" ")
        return self.match == "*" or (method == call.method and call.path.startswith(path))


class Faults:
    """The faults that are on, in the order in which they were switched on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on: list[Fault] = []
        self.released = threading.Event()  # ends the stalls that began before

    def add(self, fault: Fault) -> None:
        """Switches one on; where several match, the oldest strikes first."""
        with self._lock:
            self._on.append(fault)

    def clear(self) -> None:
        """Switches all off and lets stalled requests go (without an answer)."""
        with self._lock:
            self._on.clear()
            self.released.set()
            self.released = threading.Event()

    def listed(self) -> list[dict[str, Any]]:
        """Those that are on, with the times that are left."""
        with self._lock:
            return [asdict(fault) for fault in self._on]

    def take(self, call: Call) -> Fault | None:
        """The fault that strikes this call, counted."""
        with self._lock:
            for place, fault in enumerate(self._on):
                if fault.hits(call):
                    if fault.times == 1:
                        del self._on[place]
                    elif fault.times:
                        self._on[place] = replace(fault, times=fault.times - 1)
                    return fault
        return None


def unauthorized() -> Answer:
    """The recorded answer to a missing, unknown or expired token; it has no processId and no requestId."""
    reason = {"code": 90000011, "message": "this resource is protected, please sign in first"}
    return json_answer({"success": False, "reasons": [reason]}, status=401)


def too_many_requests(call: Call, *, retry_after: int | str) -> Answer:
    """The answer beyond the limit of concurrent requests."""
    answer = refused(Refusal(LIMIT, TOO_MANY), call)
    return Answer(answer.content, status=answer.status, headers={"Retry-After": str(retry_after)})


def answer_of(fault: Fault, call: Call) -> Answer | None:
    """What a fault answers in place of the call; None for those that let the call run or never answer."""
    instead = _INSTEAD.get(fault.fault)
    return instead(fault, call) if instead else None


def _unavailable(_fault: Fault, _call: Call) -> Answer:
    return Answer(SORRY.format("Service Unavailable").encode(), status=503, content_type="text/html")


def _internal_error(_fault: Fault, _call: Call) -> Answer:
    return Answer(SORRY.format("Internal Server Error").encode(), status=500, content_type="text/html")


def _limited(fault: Fault, call: Call) -> Answer:
    return too_many_requests(call, retry_after=fault.retry_after)


def _limited_without_header(fault: Fault, _call: Call) -> Answer:
    message = f"API Rate limit exceeded for the minute, retry after {fault.retry_after} seconds"
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": str(fault.retry_after)}
    return json_answer({"reasons": [{"code": LIMIT, "message": message}]}, status=429, headers=headers)


def _locked(_fault: Fault, call: Call) -> Answer:
    refusal = Refusal(LOCK, "Operation failed due to a lock competition, please retry later.")
    return refused(refusal, call)


def _temporary(_fault: Fault, call: Call) -> Answer:
    refusal = Refusal(TEMPORARY, "A temporary error occurred, please retry later.")
    return refused(refusal, call)


def _unauthorized(_fault: Fault, _call: Call) -> Answer:
    return unauthorized()


_INSTEAD: dict[str, Callable[[Fault, Call], Answer]] = {
    "http_503": _unavailable,
    "http_500_html": _internal_error,
    "rate_limit": _limited,
    "rate_limit_no_header": _limited_without_header,
    "lock": _locked,
    "temporary": _temporary,
    "unauthorized": _unauthorized,
}
# These let the call run or hold it; see FakeZuora.answer.
NAMES = (*_INSTEAD, "timeout_before", "timeout_after", "drip", *SPOILERS)
