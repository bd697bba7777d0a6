"""R27: texts that people typed carry no control and format characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.texts import cleaned

STRANGE = st.sampled_from(
    [*"\x00\x07\x1b\t\n\r\u0085\u00ad\u200b\u200e\u202e\u2028\u2029\u2066\ufeff\ue000é", "e\u0301", "\r\n"]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(STRANGE, st.characters()), max_size=30).map("".join))


@given(text=TEXTS, multiline=st.booleans())
def test_no_control_or_format_character_is_left(text: str, *, multiline: bool) -> None:
    """R27."""
    clean = cleaned(text, multiline=multiline)
    allowed = {"\n"} if multiline else set()
    assert {c for c in clean if unicodedata.category(c)[0] == "C"} <= allowed
    assert clean == clean.strip()
    assert unicodedata.is_normalized("NFC", clean)


@given(text=TEXTS, multiline=st.booleans())
def test_cleaning_twice_is_the_same_as_once(text: str, *, multiline: bool) -> None:
    """R27."""
    once = cleaned(text, multiline=multiline)
    assert cleaned(once, multiline=multiline) == once


@given(text=st.text(alphabet=st.characters(categories=["L", "N", "P"])))
def test_plain_words_are_left_alone(text: str) -> None:
    """R27: names of all scripts."""
    assert cleaned(text) == unicodedata.normalize("NFC", text).strip()


@pytest.mark.parametrize(
    ("typed", "one_line", "lines"),
    [
        ("a\r\nb", "a b", "a\nb"),
        ("a\rb", "a b", "a\nb"),
        ("a\u2028b\u2029c", "a b c", "a\nb\nc"),
        ("a\tb", "a b", "ab"),
        ("\u202ea\u200bb", "ab", "ab"),
        ("  a  ", "a", "a"),
        ("\x00", "", ""),
        ("Jose\u0301", "José", "José"),
    ],
)
def test_line_breaks_are_folded_or_kept(typed: str, one_line: str, lines: str) -> None:
    """R27."""
    assert cleaned(typed) == one_line
    assert cleaned(typed, multiline=True) == lines
