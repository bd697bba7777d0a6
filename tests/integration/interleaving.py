"""Deterministic interleavings: another caller acts at one exact moment of a request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.store import connection

COMMIT = "TransactWriteItems"
READ = "BatchGetItem"


@contextmanager
def just_before(operation: str, rival: Callable[[], object], *, nth: int = 1) -> Iterator[None]:
    """Runs the rival completely just before the nth call of that operation is sent; that call must happen."""
    calls: list[None] = []
    acted: list[object] = []

    def interrupt(**_call: Any) -> None:
        calls.append(None)
        if len(calls) == nth and not acted:
            acted.append(None)  # before the rival makes calls of its own
            rival()

    events = connection.client().meta.events
    events.register(f"before-call.dynamodb.{operation}", interrupt)
    try:
        yield
    finally:
        events.unregister(f"before-call.dynamodb.{operation}", interrupt)
    assert acted, f"there was no {operation} number {nth}"
