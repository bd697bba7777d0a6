"""Cursors: opaque, tamper-proof, and good for one list only."""

import base64
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.api.web import cursors
from chalicelib.domain.errors import Invalid
from chalicelib.domain.tokens import KeyRing

LIST = "acc_1 managers"
POSITION = "cus_01J00000000000000000000000"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LENGTH = 150
OLD, NEW = b"the key before the rotation", b"the key after the rotation"


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patching:
        yield patching


@pytest.fixture(scope="module", autouse=True)
def cursor(patch: pytest.MonkeyPatch) -> str:
    patch.setattr(wiring, "key_ring", lambda: KeyRing("local", "k1", {"k1": OLD}))
    return cursors.made(LIST, POSITION)


def refused(of_list: str, cursor: str) -> bool:
    try:
        cursors.position(of_list, cursor)
    except Invalid as error:
        return error.errors == [{"field": "cursor", "message": "is not a cursor of this list"}]
    return False


@given(of_list=st.text(), position=st.text())
def test_a_cursor_leads_back_to_its_position(of_list: str, position: str) -> None:
    assert cursors.position(of_list, cursors.made(of_list, position)) == position


def test_no_cursor_is_the_beginning() -> None:
    assert cursors.position(LIST, None) is None


@given(data=st.data())
def test_a_cursor_with_any_changed_character_is_refused(cursor: str, data: st.DataObject) -> None:
    """S7: a position cannot be made up."""
    place = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.sampled_from(ALPHABET + "=.+/"))
    changed = cursor[:place] + character + cursor[place + 1 :]
    assert refused(LIST, changed) == (changed != cursor)


@given(text=st.one_of(st.text(), st.text(alphabet=ALPHABET)))
def test_no_other_text_is_a_cursor_and_none_makes_it_fail(text: str) -> None:
    assert refused(LIST, text)


@pytest.mark.parametrize("other", ["acc_2 managers", "acc_1 history []", "", "acc_1 managers\n"])
def test_a_cursor_of_another_list_is_refused(cursor: str, other: str) -> None:
    """I8, S6: of another account, of another list, of the same list with another filter."""
    assert refused(other, cursor)


def test_a_position_cannot_be_taken_from_the_name_of_the_list() -> None:
    """I8: where the name ends and the position begins is part of what is signed."""
    assert refused("a", cursors.made("ab", "c"))
    assert refused("abc", cursors.made("ab", "c"))


@given(position=st.text(alphabet=st.characters(codec="utf-8"), max_size=23))
def test_a_cursor_says_nothing_of_its_position_not_even_how_long_it_is(cursor: str, position: str) -> None:
    """I6: positions are names and addresses in places; 23 characters are up to 92 bytes."""
    other = cursors.made(LIST, position)
    assert len(other) == len(cursor) == LENGTH
    sealed = base64.urlsafe_b64decode(other + "==")
    assert len(position) < 3 or position.encode() not in sealed
    assert b"acc_1" not in sealed


def test_a_cursor_outlives_a_rotation_of_the_keys(cursor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "key_ring", lambda: KeyRing("local", "k2", {"k1": OLD, "k2": NEW}))
    assert cursors.position(LIST, cursor) == POSITION
    monkeypatch.setattr(wiring, "key_ring", lambda: KeyRing("local", "k2", {"k2": NEW}))
    assert refused(LIST, cursor)
