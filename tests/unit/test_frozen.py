"""A frozen class is what a frozen, slotted dataclass is."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from chalicelib.frozen import frozen


@frozen
class Point:
    x: int
    y: float = 0.5
    secret: str = field(default="s3cret", repr=False)


@frozen
class Far(Point):
    z: int = 0


@frozen
class Nothing:
    pass


@frozen
class Loud:
    word: str

    def __repr__(self) -> str:
        return self.word.upper()


@dataclass(frozen=True, slots=True)
class Plain:
    x: int
    y: float = 0.5
    secret: str = field(default="s3cret", repr=False)


def test_equal_values_are_equal_and_hash_alike() -> None:
    assert Point(1) == Point(1, 0.5)
    assert len({Point(1), Point(1, 0.5), Point(2)}) == 2
    assert Nothing() == Nothing()


@pytest.mark.parametrize(
    "other", [Point(2), Point(1, 1.5), Point(1, 0.5, "other"), Far(1), Plain(1), (1, 0.5, "s3cret")]
)
def test_other_values_and_other_classes_are_not_equal(other: object) -> None:
    assert Point(1) != other


def test_what_is_no_number_is_equal_to_itself_as_in_a_dataclass() -> None:
    nan = float("nan")
    assert Plain(1, nan) == Plain(1, nan)
    assert Point(1, nan) == Point(1, nan)


def test_it_prints_as_a_dataclass_without_what_is_not_to_be_printed() -> None:
    assert repr(Point(1)) == repr(Plain(1)).replace("Plain", "Point") == "Point(x=1, y=0.5)"
    assert repr(Nothing()) == "Nothing()"


def test_a_method_of_the_class_itself_stays() -> None:
    assert repr(Loud("word")) == "WORD"
    assert Loud("word") == Loud("word")


@pytest.mark.parametrize("change", [lambda it: setattr(it, "x", 2), lambda it: delattr(it, "x")])
def test_fields_cannot_be_changed(change: Callable[[Any], None]) -> None:
    with pytest.raises(FrozenInstanceError):
        change(Point(1))


def test_it_is_a_dataclass_with_slots() -> None:
    point = Far(1, z=3)
    assert not hasattr(point, "__dict__")
    assert [each.name for each in fields(point)] == ["x", "y", "secret", "z"]
    assert replace(point, x=2) == Far(2, z=3)
    assert asdict(point) == {"x": 1, "y": 0.5, "secret": "s3cret", "z": 3}
    assert pickle.loads(pickle.dumps(point)) == copy.copy(point) == point  # noqa: S301 -- it is ours
    match point:
        case Point(x, _):
            assert x == 1
