"""The nightly comparison of all accounts with Zuora (R54): page by page, resumable, rate-limited."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.clients.zuora import Zuora
from chalicelib.domain.errors import Busy
from chalicelib.failures import Permanent, Retryable
from chalicelib.frozen import frozen
from chalicelib.operations.zuora import circuit_breaker, find_drift
from chalicelib.operations.zuora.zuora_mapping import ZuoraFields
from chalicelib.store import accounts, breakers, reconciliations
from chalicelib.store.reconciliations import Round

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=24)
A_PAGE = 20
PAUSE_SECONDS = 0.2
"""Between two accounts: at most five a second, a fraction of what Zuora grants the whole tenant."""


@dataclass(slots=True)
class Walk:
    """What one run did. ``finished`` says that the round is complete, ``away`` that Zuora was not to be asked."""

    checked: int = 0
    drifted: int = 0
    left: int = 0
    finished: bool = False
    away: bool = False


@frozen
class Walker:
    """What a run takes: the client, the clock, a pause between accounts, and whether its time is over."""

    zuora: Zuora
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    enough: Callable[[], bool]
    fields: ZuoraFields | None = None


def go_on(walker: Walker) -> Walk:
    """Continues the round, or starts one when the last started a day ago; does nothing while Zuora is down.

    An account that cannot be compared now is left for the next round; when Zuora answers nothing, the run ends
    and the next one continues with the same account.
    """
    walk = Walk()
    before = reconciliations.current()
    if before is not None and before.finished_at is not None and walker.now() < before.started_at + EVERY:
        walk.finished = True
        return walk
    if breakers.current().is_open:
        walk.away = True
        return walk
    here = before
    if here is None or here.finished_at is not None:
        here = Round(walker.now(), None, 0, None, 0, 0)
    while not walker.enough() and not walk.away and here.finished_at is None:
        after = _page(here, walker, walk)
        reconciliations.save(after, before)
        here = before = after
    walk.finished = here.finished_at is not None
    return walk


def _page(here: Round, walker: Walker, walk: Walk) -> Round:
    """The round after one more page, or after as much of it as could be done."""
    keys = accounts.of_shard(here.shard, after=here.after, limit=A_PAGE)
    for key in keys:
        if walker.enough():
            return here
        drifted = _look(key.hash_key, walker, walk)
        if walk.away:
            return here
        here = replace(here, after=key.hash_key, checked=here.checked + 1, drifted=here.drifted + drifted)
        walk.checked += 1
        walk.drifted += drifted
        walker.pause(PAUSE_SECONDS)
    if len(keys) == A_PAGE:
        return here
    if here.shard + 1 < accounts.SHARDS:
        return replace(here, shard=here.shard + 1, after=None)
    return replace(here, finished_at=walker.now())


def _look(account_id: str, walker: Walker, walk: Walk) -> int:
    try:
        return find_drift.compare_account(account_id, zuora=walker.zuora, now=walker.now(), fields=walker.fields)
    except (Permanent, Busy, Retryable) as failure:
        logger.warning("an account is left for later: %s", type(failure).__name__)
        walk.away = isinstance(failure, Retryable) and not circuit_breaker.answers(walker.zuora)
        walk.left += 1
        return 0
