"""What happens by the clock: reminders, expiry, and forgetting what is long over.

The clock of a run is the time of its event, so that a run can be repeated for the moment it was meant for.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import observability, settings, wiring
from chalicelib.operations.invitations import expire_and_remind
from chalicelib.operations.invitations.expire_and_remind import Tally

bp = Blueprint(__name__)

_SPARE_MILLISECONDS = 10_000


@bp.schedule(Rate(5, unit=Rate.MINUTES))
def invitation_schedule(event: CloudWatchEvent) -> dict[str, int]:
    """Sends the reminders that are due and expires the invitations whose time is over."""
    tally = expire_and_remind.remind_and_expire(now=_time_of(event), enough=_enough(event))
    return _told("reminded and expired", tally)


@bp.schedule(Rate(1, unit=Rate.DAYS))
def scrub_invitations(event: CloudWatchEvent) -> dict[str, int]:
    """Scrubs the addresses of invitations that ended longer ago than they are kept."""
    retention = settings.current().limits.retention
    tally = expire_and_remind.scrub(now=_time_of(event), retention=retention, enough=_enough(event))
    return _told("forgot", tally)


def _time_of(event: CloudWatchEvent) -> datetime:
    said = event.to_dict().get("time")
    return datetime.fromisoformat(said) if said else wiring.now()


def _enough(event: CloudWatchEvent) -> Callable[[], bool]:
    """Stops while there is time left to finish properly; the next run continues."""
    context: Any = event.context
    return lambda: context.get_remaining_time_in_millis() < _SPARE_MILLISECONDS


def _told(what: str, tally: Tally) -> dict[str, int]:
    done = {"reminded": tally.reminded, "expired": tally.expired, "scrubbed": tally.scrubbed, "left": tally.left}
    observability.log(what, **done)
    for name, number in done.items():
        if number:
            observability.count(f"Invitations{name.capitalize()}", number)
    return done
