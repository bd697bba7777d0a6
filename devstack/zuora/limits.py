"""Zuora's limits: the headers that every answer carries, and the bound on concurrent requests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PER_MINUTE = 50_000
RATE_LIMITS = f"2250000, {PER_MINUTE};w=60, 2250000;w=3600, 27000000;w=86400"
CONCURRENT = {"Default": 40, "Object Query": 80}


class Limits:
    """Counts requests per minute (for the headers only) and those in flight (refused beyond the limit)."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._in_flight = dict.fromkeys(CONCURRENT, 0)
        self._minute, self._requests = 0, 0

    @contextmanager
    def place(self, path: str) -> Iterator[bool]:
        """Counts a request as in flight while the block runs; False if there is no place left."""
        kind = _kind(path)
        with self._lock:
            has_place = self._in_flight[kind] < CONCURRENT[kind]
            self._in_flight[kind] += 1
        try:
            yield has_place
        finally:
            with self._lock:
                self._in_flight[kind] -= 1

    def headers(self, path: str) -> dict[str, str]:
        """The rate and concurrency headers of one answer; counts the request, refused ones too."""
        kind = _kind(path)
        now = int(self._clock())
        with self._lock:
            if now // 60 != self._minute:
                self._minute, self._requests = now // 60, 0
            self._requests += 1
            free = max(0, CONCURRENT[kind] - self._in_flight[kind])
            remaining = max(0, PER_MINUTE - self._requests)
        return {
            "ratelimit-limit": RATE_LIMITS,
            "ratelimit-remaining": str(remaining),
            "ratelimit-reset": str(60 - now % 60),
            "Concurrency-Limit-Type": kind,
            "Concurrency-Limit-Limit": str(CONCURRENT[kind]),
            "Concurrency-Limit-Remaining": str(free),
        }


def _kind(path: str) -> str:
    return "Object Query" if path.startswith("/object-query/") else "Default"
