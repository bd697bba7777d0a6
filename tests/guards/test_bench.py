"""`make bench` runs to its end: each of its parts, at its smallest size."""

import pytest

from bench.__main__ import PARTS


@pytest.mark.parametrize("title", PARTS)
def test_every_part_of_the_bench_reports_its_measurement(title: str) -> None:
    """Nobody runs it every day, so it would break unnoticed."""
    lines = list(PARTS[title].smallest())
    assert lines
    assert all(any(sign.isdigit() for sign in line) for line in lines)
