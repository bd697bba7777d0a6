"""What an operation is given beside what is asked of it: the time, the limits, the secrets, the repeatable request."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib import clock
from chalicelib.domain.limits import Limits
from chalicelib.frozen import frozen
from chalicelib.operations.support import SupportGroups
from chalicelib.store import idempotency
from chalicelib.store.idempotency import IdempotentRequest
from chalicelib.store.transaction import Step

Pseudonym = Callable[[str], str]
"""A keyed hash of an address: the same for the same address, and nobody can tell whose it is."""


@frozen
class Context:
    """The circumstances of a request or message. An operation for which the time is enough takes ``now`` alone.

    ``now`` is aware, UTC. ``token_key_id`` names the current key of tokens; it and ``pseudonym`` read the secrets when
    they are called, and may raise Retryable. ``request`` is None when there is no Idempotency-Key.
    """

    now: datetime
    limits: Limits
    support: SupportGroups
    token_key_id: Callable[[], str]
    pseudonym: Pseudonym
    request: IdempotentRequest | None = None

    def later(self) -> "Context":
        """The same at this moment, or at its own where that is still to come."""
        return replace(self, now=clock.not_before(self.now))

    def remember(self, *, account_id: str, created_id: str) -> Step | None:
        """Writes down what the request creates, so that its repetition answers the same (R26); None without a key."""
        keep = self.limits.idempotency
        return idempotency.remember(self.request, account_id=account_id, created_id=created_id, now=self.now, keep=keep)
