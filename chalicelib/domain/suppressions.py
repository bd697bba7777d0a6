"""Suppressions: why no mail goes to an address for a while (R25)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Suppression:
    """Mails to one address come back (``reason``: bounced, complained), so none is sent there before ``until``."""

    reason: str
    until: datetime

    def in_force(self, now: datetime) -> bool:
        """Whether it counts at that moment: the table forgets late."""
        return now < self.until
