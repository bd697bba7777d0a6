"""What happens by the clock with Zuora: a look at the breaker every minute (R57), the nightly round (R54)."""

import time
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import deadline, observability, wiring
from chalicelib.failures import Retryable
from chalicelib.operations.zuora import circuit_breaker, reconcile
from chalicelib.operations.zuora.circuit_breaker import Seen
from chalicelib.operations.zuora.reconcile import Walker

bp = Blueprint(__name__)

_SPARE_MILLISECONDS = 30_000


@bp.schedule(Rate(1, unit=Rate.MINUTES))
def zuora_circuit_breaker(_event: CloudWatchEvent) -> dict[str, str]:
    """Probes Zuora while it is away, and has messages delivered to the worker again when it is back."""
    try:
        seen = circuit_breaker.open_or_close(zuora=wiring.zuora(), receive=wiring.receive_from_zuora_queue)
    except Retryable as failure:
        observability.log("guard waits", code=type(failure).__name__)
        seen = Seen.AWAY
    if seen is not Seen.WELL:
        observability.log("guard", code=seen.value)
    observability.count("ZuoraAway", int(seen is Seen.AWAY))
    return {"seen": seen.value}


@bp.schedule(Rate(5, unit=Rate.MINUTES))
def reconcile_zuora(event: CloudWatchEvent) -> dict[str, int]:
    """Continues the round over all accounts, which begins once a day and stops in time to be continued later."""
    context: Any = event.context
    walker = Walker(
        zuora=wiring.zuora(),
        now=wiring.now,
        pause=time.sleep,
        enough=lambda: context.get_remaining_time_in_millis() < _SPARE_MILLISECONDS,
        fields=wiring.zuora_fields(),
    )
    with deadline.within((context.get_remaining_time_in_millis() - _SPARE_MILLISECONDS / 2) / 1000):
        walk = reconcile.go_on(walker)
    done = {"checked": walk.checked, "drifted": walk.drifted, "left": walk.left, "finished": int(walk.finished)}
    if walk.checked or not walk.finished:
        observability.log("reconciled", count=walk.checked, failed=walk.drifted, left=walk.left)
    for name in ("checked", "drifted"):
        if done[name]:
            observability.count(f"Reconciliation{name.capitalize()}", done[name])
    return done
