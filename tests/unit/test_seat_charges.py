"""The patterns that name the charges which count seats (R56)."""

import pytest

from chalicelib.domain.seat_charges import SeatCharges


@pytest.mark.parametrize(
    ("patterns", "names", "counts"),
    [
        ("Seat*", ["seats"], True),
        ("Seat*", ["GB", "Seat"], True),
        ("Seat*", ["car seat"], False),
        ("*seat*", ["car SEATS now"], True),
        ("C-1", ["C-10"], False),
        ("a.c", ["abc"], False),
        ("[OSS] *", ["[OSS] Ultimate"], True),
        ("Seat, !*add-on*", ["Seat"], True),
        ("Seat, !*add-on*", ["Seat", "Duo add-on"], False),
        (" Seat ,, ", [" seat "], True),
        ("Seat", [], False),
    ],
)
def test_a_name_counts_whole_in_any_case_unless_it_never_does(patterns: str, names: list[str], counts: bool) -> None:  # noqa: FBT001 -- a column
    """R56."""
    assert SeatCharges.parse(patterns).count(names) is counts


@pytest.mark.parametrize("text", ["", " , ", "!Storage", "Seat, !"])
def test_at_least_one_charge_must_count(text: str) -> None:
    with pytest.raises(ValueError, match="at least one"):
        SeatCharges.parse(text)
