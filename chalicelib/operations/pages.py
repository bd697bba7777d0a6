"""Which part of a list is asked for."""

from chalicelib.frozen import frozen


@frozen
class PageRequest:
    """Up to ``limit`` things beyond a position; None for the beginning."""

    limit: int
    position: str | None
