"""The breaker: whether Zuora is worth asking at the moment (R57)."""

from datetime import datetime

from chalicelib.frozen import frozen

OPENS_AT = 5
"""So many failures in a row, over all accounts, mean that Zuora is away."""


@frozen
class Breaker:
    """``failures`` counts those since the last success. Open since ``opened_at``; None while it is closed.

    ``receiving_stopped`` notes that the worker's queue was told to keep its messages; it is set before that
    happens and taken away after it was undone, so that a crash in between is mended by the next look.
    """

    failures: int
    opened_at: datetime | None
    receiving_stopped: bool

    @property
    def is_open(self) -> bool:
        """Whether nothing but the probe asks Zuora."""
        return self.opened_at is not None


CLOSED = Breaker(failures=0, opened_at=None, receiving_stopped=False)
