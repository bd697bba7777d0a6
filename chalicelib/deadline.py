"""One deadline for all outgoing calls of a request or message: its entry point sets it, the clients keep it.

It is not passed as an argument: a token, a list of many pages and a proof that is looked up share it
without knowing of each other.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """In the block, all calls together have so many seconds; an earlier outer deadline still applies."""
    ends_at, before = time.monotonic() + seconds, _ends_at.get()
    set_now = _ends_at.set(ends_at if before is None else min(ends_at, before))
    try:
        yield
    finally:
        _ends_at.reset(set_now)


def left() -> float | None:
    """The seconds that are left, zero or less when it is over; None where no deadline is set."""
    ends_at = _ends_at.get()
    return None if ends_at is None else ends_at - time.monotonic()


def is_over() -> bool:
    """Whether no further call may start."""
    seconds = left()
    return seconds is not None and seconds <= 0
