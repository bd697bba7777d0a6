"""`make bench` runs to its end: each of its parts, at its smallest."""

import pytest

from bench.__main__ import PARTS


@pytest.mark.parametrize("title", PARTS)
def test_every_part_of_the_bench_says_what_it_measured(title: str) -> None:
    """Nobody runs it every day, and it would rot."""
    lines = list(PARTS[title].smallest())
    assert lines
    assert all(any(sign.isdigit() for sign in line) for line in lines)
