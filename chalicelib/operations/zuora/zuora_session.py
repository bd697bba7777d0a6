"""What all work with Zuora shares: the client, the lease, the clock, and how a result is written."""

from collections.abc import Callable
from datetime import datetime, timedelta

from chalicelib.clients.zuora import Zuora
from chalicelib.domain.contacts import Sent
from chalicelib.domain.errors import ZuoraUnavailable
from chalicelib.failures import Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.zuora.zuora_mapping import ZuoraFields
from chalicelib.store import leases
from chalicelib.store.leases import Lease
from chalicelib.store.transaction import Step, commit

LONGEST_CALL = timedelta(seconds=30)
"""A token and a write, each with its time-outs: with less left of the lease nothing is begun."""

STILL_UNDER_WAY = timedelta(seconds=120)
"""So long Zuora itself works on a request at most; one without an answer may take effect until then."""


SOON = timedelta(seconds=30)
"""So long people are asked to wait where Zuora does not say how long."""


def away(failure: Retryable) -> ZuoraUnavailable:
    """The refusal of a request for which Zuora has no answer now, with the time to wait."""
    return ZuoraUnavailable(retry_after=timedelta(seconds=failure.retry_after) if failure.retry_after else SOON)


class RetryLater(Retryable):
    """The work cannot be done now for a reason of ours; says nothing about Zuora."""


@frozen
class ZuoraSession:
    """One worker at work on one account (or on a contact that has none)."""

    zuora: Zuora
    lease: Lease
    now: Callable[[], datetime]
    fields: ZuoraFields | None = None

    def write(self, *steps: Step | None) -> None:
        """Writes a result, if nobody has taken over since; LeaseLost otherwise."""
        commit(leases.still_held(self.lease), *steps)

    def before_writing(self, version: int, sent: Sent | None) -> Sent:
        """What to note before a version is written to Zuora.

        Refuses with NotYet while an earlier request for another version may still take effect there, and when
        the lease is nearly over.
        """
        now = self.now()
        if now + LONGEST_CALL > self.lease.until:
            raise RetryLater("the lease is nearly over", retry_after=1)
        self.settled(version, sent)
        return Sent(version, now + STILL_UNDER_WAY)

    def settled(self, version: int, sent: Sent | None) -> None:
        """Refuses with NotYet while an earlier request for another version may still take effect in Zuora."""
        if sent is not None and sent.version != version:
            self.nothing_under_way(sent)

    def nothing_under_way(self, sent: Sent | None) -> None:
        """Refuses with NotYet while any earlier request may still take effect in Zuora."""
        now = self.now()
        if sent is not None and sent.until > now:
            raise RetryLater("an earlier write is under way", retry_after=(sent.until - now).total_seconds())
