"""The circuit breaker for Zuora (R57): opens after failures in a row, probes, closes.

While it is open the worker's queue keeps its messages, so that waiting costs them nothing.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from chalicelib.clients.zuora import Zuora
from chalicelib.domain.breaker import OPENS_AT, Breaker
from chalicelib.domain.errors import Changed
from chalicelib.failures import Permanent, Retryable
from chalicelib.store import breakers

logger = logging.getLogger(__name__)

NO_ACCOUNT = "0" * 32
"""The probe asks for an account that cannot exist: "not found" is Zuora answering, and changes nothing."""

Receive = Callable[[bool], None]
"""Starts (true) or stops the delivery of the queue's messages to the worker; doing it twice is the same as once."""


class Seen(StrEnum):
    """What a run of the circuit breaker found and did."""

    WELL = "well"
    AWAY = "away"
    BACK = "back"


def current() -> Breaker:
    """The state of the breaker."""
    return breakers.current()


def failed(*, now: datetime) -> Breaker:
    """Counts one failure of Zuora; opens the breaker when there are enough in a row."""
    breakers.count_failure()
    breaker = breakers.current()
    if breaker.failures >= OPENS_AT and not breaker.is_open:
        try:
            breakers.open_(now=now)
        except Changed:
            return breakers.current()  # somebody was faster, or it works again
        logger.error("Zuora is away: the breaker is open")
    return breakers.current()


def succeeded(before: Breaker) -> None:
    """Zuora answered: nothing to write where nothing was counted."""
    if before.failures:
        breakers.close()


def open_or_close(*, zuora: Zuora, receive: Receive) -> Seen:
    """Looks after the breaker, once a minute: stops receiving while it is open, probes, starts receiving again.

    What is about to be stopped is noted before, and what was started again afterwards: after a crash in between the
    next run completes the change. What somebody else has stopped is not started.
    """
    breaker = breakers.current()
    if not breaker.is_open:
        return _received_again(receive) if breaker.receiving_stopped else Seen.WELL
    if not breaker.receiving_stopped:
        breakers.note_receiving(stopped=True)
    receive(False)  # noqa: FBT003 -- the callable takes one truth
    if not answers(zuora):
        return Seen.AWAY
    breakers.close()
    return _received_again(receive)


def _received_again(receive: Receive) -> Seen:
    receive(True)  # noqa: FBT003 -- the callable takes one truth
    breakers.note_receiving(stopped=False)
    return Seen.BACK


def answers(zuora: Zuora) -> bool:
    """Whether Zuora answers anything at all; one call that changes nothing."""
    try:
        zuora.account(NO_ACCOUNT)
    except Permanent:
        return True
    except Retryable as failure:
        logger.info("probe: %s", failure)
        return False
    return True
