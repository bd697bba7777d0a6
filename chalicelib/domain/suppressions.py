"""Suppressions: why no mail goes to an address for a while (R25)."""

from datetime import datetime

from chalicelib.frozen import frozen


@frozen
class Suppression:
    """One address is suppressed (``reason``: bounced, complained): no mail is sent there before ``until``."""

    reason: str
    until: datetime

    def in_force(self, now: datetime) -> bool:
        """Whether it applies at that time: DynamoDB deletes late."""
        return now < self.until
