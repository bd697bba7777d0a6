"""One deadline for all calls that a piece of work makes outside: whoever begins it sets it, the clients keep it.

It stands beside the calls, not in their arguments: a token, a list of many pages and a proof that is looked up share it
without knowing of each other.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Until the block ends, calls have so many seconds in all; one that is set already is never put off."""
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
    """Whether nothing more may be begun."""
    seconds = left()
    return seconds is not None and seconds <= 0
