"""Which charges of a subscription count seats (R56): never those of add-ons or storage."""

import re
from collections.abc import Iterable

from chalicelib.frozen import frozen

NEVER = "!"


@frozen
class SeatCharges:
    """Patterns for the names of charges and of the rate plans that they are in; ``*`` stands for any text.

    A charge counts when one of ``counted`` is one of its names whole, in any case, and none of ``never`` is.
    """

    counted: tuple[str, ...]
    never: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "SeatCharges":
        """Reads patterns with commas between them; ``!`` before one says what never counts. Raises ValueError."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        never = tuple(word[1:].strip() for word in words if word.startswith(NEVER))
        counted = tuple(word for word in words if not word.startswith(NEVER))
        if not counted or not all(never):
            raise ValueError("must name at least one charge that counts seats")
        return cls(counted, never)

    def count(self, names: Iterable[str]) -> bool:
        """Whether a charge with these names, its rate plan's among them, counts seats."""
        known = [name.strip() for name in names]
        return _any(self.counted, known) and not _any(self.never, known)


def _any(patterns: tuple[str, ...], names: list[str]) -> bool:
    return any(_matches(pattern, name) for pattern in patterns for name in names)


def _matches(pattern: str, name: str) -> bool:
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), name, re.IGNORECASE | re.DOTALL) is not None
