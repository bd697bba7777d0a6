"""The clock: entry points pass it to operations as ``now``."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment: aware, UTC."""
    return datetime.now(UTC)


def not_before(moment: datetime) -> datetime:
    """This moment, or that one where a run is meant for a moment to come."""
    return max(now(), moment)
