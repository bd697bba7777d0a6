"""Which part of a list is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Up to ``limit`` things beyond a position; None for the beginning."""

    limit: int
    position: str | None
