"""``make bench``: what start-up costs, and what does not grow with the tables.

Every line is a ratio of two measurements of this run, or a count. Nothing here fails; tests hold what must hold.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from bench.growth import growth
from bench.search import growth_of_search
from bench.startup import startup


class Part(NamedTuple):
    """What is measured, and the same at its smallest, so that a test can see that it still runs."""

    whole: Callable[[], Iterator[str]]
    smallest: Callable[[], Iterator[str]]


PARTS = {
    "Start-up": Part(startup, partial(startup, rounds=1, functions=())),
    "Growth": Part(growth, partial(growth, (20, 30))),
    "Search": Part(growth_of_search, partial(growth_of_search, (30, 60))),
}


def main() -> None:
    """Runs all parts and prints their lines."""
    for title, part in PARTS.items():
        print(f"\n{title}", flush=True)
        for line in part.whole():
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
