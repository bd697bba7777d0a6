"""Idempotency keys: the first answer is kept for a day and given again."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from devstack.zuora.answers import Answer, json_answer, refused
from devstack.zuora.calls import Call
from devstack.zuora.refusals import INVALID_VALUE, METHOD, Refusal

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255
METHODS = ("POST", "PATCH")


@dataclass(slots=True)
class _Use:
    method: str
    path: str
    since: float
    answer: Answer | None = None  # None while the first request is still running


class Idempotency:
    """Remembers keyed requests. As documented a failure is kept like a success, and the body is not compared."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}

    def clear(self) -> None:
        """Forgets every key."""
        with self._lock:
            self._uses.clear()

    def once(self, call: Call, run: Callable[[], Answer]) -> Answer:
        """Runs the call, or gives the answer that its key got before; refuses keys where they must not be."""
        key = call.headers.get("Idempotency-Key")
        if key is None:
            return run()
        if call.method not in METHODS:
            message = f"Request method '{call.method}' not supported with Idempotency-Key header"
            return refused(Refusal(METHOD, message), call, status=400)
        if not 0 < len(key) <= LONGEST_KEY:
            refusal = Refusal(INVALID_VALUE, f"Idempotency-Key: 1 to {LONGEST_KEY} characters.")
            return refused(refusal, call)
        use = self._begin(key, call)
        if isinstance(use, Answer):
            return use
        try:
            use.answer = run()
        finally:
            self._drop_unfinished(key, use)
        return use.answer

    def _begin(self, key: str, call: Call) -> _Use | Answer:
        now = self._clock()
        with self._lock:
            known = self._uses.get(key)
            if known is None or now - known.since >= KEPT_SECONDS:
                self._uses[key] = _Use(call.method, call.path, now)
                return self._uses[key]
        if (known.method, known.path) != (call.method, call.path):
            return json_answer({"message": "The idempotency key was used for another request."}, status=422)
        return known.answer or json_answer({"message": "A request with this key is in progress."}, status=409)

    def _drop_unfinished(self, key: str, use: _Use) -> None:
        with self._lock:
            if use.answer is None and self._uses.get(key) is use:
                del self._uses[key]
