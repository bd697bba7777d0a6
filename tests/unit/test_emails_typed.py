"""R27: what people typed cannot pose as our words, as a link or as a telephone number."""
# ruff: noqa: RUF001 -- look-alikes are the subject

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.emails.untrusted_text import is_plain_name, label, message_lines, one_line, person, shown

QUOTES = ("“", "”")

# Pieces of which links, addresses and numbers are made, joined in every order; the digits leave no room for dates.
WORDS = ["evil", "com", "a", "www", "http", "ｈｔｔｐ", "mailto", "tel", "Ω", "한", "é", "e\u0301", "<a href="]
DIGITS = ["4", "45", "3456", "３４５", "٤٥", "④", "4\u20e3"]
SIGNS = [*".．。｡\u2024…:：@＠\\[]()+-–'\"_>ー·∕", "..", "//", "／／", "\\\\"]
UNSEEN = [*" \u00a0\u200b\u202e\u00ad\n\t\u0301\u20e3\ufe0f\u3164\x00\ud800\U0001f600"]
PIECES = st.one_of(*map(st.sampled_from, (WORDS, DIGITS, SIGNS, UNSEEN)))
TYPED = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))
LIMITS = st.integers(min_value=1, max_value=80)

LOOK_ALIKES = str.maketrans(
    {"。": ".", "–": "-", "—": "-", "‐": "-", "−": "-", "∕": "/", "⁄": "/", "∶": ":", "ー": "-"}
)
LINK = re.compile(r"\w[.][^\W\d_]{2}|\w://|\b(?i:mailto|tel|https?):\w|\S@\w|\\\\|(?<!\d)\d{1,3}(?:\.\d{1,3}){3}")
CALL = re.compile(r"\d(?:[\s\-.·…/()\[\]+~]{0,4}\d){6}")


def as_a_program_reads(text: str) -> str:
    """With every look-alike made plain, and every digit an ASCII digit."""
    return "".join(map(plain, text)).translate(LOOK_ALIKES)


def plain(character: str) -> str:
    if unicodedata.category(character) in {"Nd", "No"}:
        return str(unicodedata.digit(character, 0))
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 else character


@settings(max_examples=500, deadline=None)
@given(text=TYPED, limit=LIMITS)
def test_nothing_shown_can_be_clicked_called_or_hidden(text: str, limit: int) -> None:
    """R27."""
    line = shown(text, limit=limit)
    assert len(line) <= limit
    assert LINK.search(as_a_program_reads(line)) is None
    assert CALL.search(as_a_program_reads(line)) is None
    assert all(unicodedata.category(character)[0] != "C" for character in line)
    assert all(character == " " for character in line if character.isspace())
    assert line == line.strip()
    assert unicodedata.is_normalized("NFC", line)


@settings(max_examples=500, deadline=None)
@given(text=TYPED, limit=LIMITS)
def test_showing_twice_changes_nothing_more(text: str, limit: int) -> None:
    line = shown(text, limit=limit)
    assert shown(line, limit=limit) == line


@settings(max_examples=300, deadline=None)
@given(text=TYPED, limit=LIMITS, most=st.integers(min_value=1, max_value=6))
def test_every_line_of_a_message_is_shown_like_a_single_one(text: str, limit: int, most: int) -> None:
    lines = message_lines(text, limit=limit, most=most)
    assert len(lines) <= most
    assert len("\n".join(lines)) <= limit
    assert all(shown(line, limit=limit) == line for line in lines)
    assert message_lines("\n".join(lines), limit=limit, most=most) == lines


@settings(max_examples=300, deadline=None)
@given(text=TYPED)
def test_a_name_is_plain_or_in_quotation_marks_that_it_cannot_close(text: str) -> None:
    name = person(text, limit=40, quotes=QUOTES)
    assert not name or is_plain_name(name) or (name[0], name[-1]) == QUOTES
    if name[:1] == QUOTES[0]:
        assert not set(name[1:-1]) & set('“”„"«»')
    assert label(text, limit=40, quotes=QUOTES) == "" or label(text, limit=40, quotes=QUOTES)[-1] == QUOTES[1]


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("https://evil.com/login?a=1", "https[:]//evil[.]com/login?a=1"),
        ("see evil.com.", "see evil[.]com."),
        ("www.evil.com", "www[.]evil[.]com"),
        ("www.1a", "www[.]1a"),
        ("ｈｔｔｐ：／／ｅｖｉｌ．ｃｏｍ", "ｈｔｔｐ[:]／／ｅｖｉｌ[.]ｃｏｍ"),
        ("evil\u2024com", "evil[.]com"),
        ("evil。com", "evil。 com"),
        ("e\u200bvil.c\u00adom", "evil[.]com"),
        ("\u202emoc.live\u202c", "moc[.]live"),
        ("eve@evil.com", "eve[at]evil[.]com"),
        ("eve＠evil.com", "eve[at]evil[.]com"),
        ("mailto:eve", "mailto[:]eve"),
        ("\\\\server\\share", "\\server\\share"),
        ("http://10.0.0.1/", "http[:]//10_0_0_1/"),
        ("call +1 (800) 555-0199 now", "call +1_(800)_555_0199 now"),
        ("08005550199", "0800_5550_199"),
        ("０８００ ５５５ ０１９９", "０８００_５５５_０１９９"),
        ("8\u20e30\u20e30\u20e35\u20e35\u20e35\u20e30\u20e3", "8005_550"),
        ("tel:110", "tel[:]110"),
    ],
)
def test_links_addresses_and_numbers_stay_readable(typed: str, seen: str) -> None:
    """R27."""
    assert shown(typed, limit=100) == seen


@pytest.mark.parametrize(
    "text",
    [
        "Could you look after the invoices, please? It is 12:30 here.",
        "The deadline is 28.11.2026, the next one 2027-01-31 and the last 2/28/2027.",
        "Away 28.11.2026 - 3.12.2026, back on 4. 12. 2026 09:00; call 9:00-17:30.",
        "The seasons 2024/2025 and 2025-2026",
        "J.R.R. Tolkien, e.g. z.B. a.m. wait...and see",
        "Müller & Söhne GmbH, 4711 pieces, 123 456 of 200 kg",
        "Gal·la, ジェーン・ドウ, Nguyễn, प्रिया, محمد",
        "{{7*7}} %s ${} </td> javascript:alert(1)",
    ],
)
def test_ordinary_text_stays_as_it_was_typed(text: str) -> None:
    assert shown(text, limit=200) == text


def test_a_cut_never_leaves_part_of_a_number_or_of_a_letter() -> None:
    assert shown("Due on 28.11.2026 or later", limit=16) == "Due on…"
    assert shown("abcq\u0323\u0302", limit=5) == "abc…"
    assert shown("abcdef", limit=6) == "abcdef"
    assert shown("abcdef", limit=1) == "…"


def test_towers_of_marks_are_levelled() -> None:
    assert shown("Z" + "\u0335" * 30 + "a", limit=50) == "Z" + "\u0335" * 4 + "a"
    assert shown("1\u0335", limit=50) == "1"


def test_a_message_keeps_its_lines_but_not_the_space_between() -> None:
    assert message_lines("\n\nHi,\r\n\r\n\r\nsee evil.com\u2028Jane\n") == ("Hi,", "", "see evil[.]com", "Jane")
    assert message_lines(" \u200b\n") == ()
    assert message_lines("a\nb\nc\nd", most=3) == ("a", "b", "…")


@pytest.mark.parametrize(
    "name",
    ["Jane Doe", "Dr. Ana-María O’Neil Jr.", "J.R.R. Tolkien", "Đặng Thị Hương", "प्रिया शर्मा", "Gal·la Sala", "李小龍"],
)
def test_a_plain_name_stands_bare(name: str) -> None:
    assert person(name, limit=60, quotes=QUOTES) == name


@pytest.mark.parametrize(
    "name",
    [
        "Your account is suspended today",
        "Account suspended. Call us",
        "Win 1000",
        "Free $",
        "Jane <b>",
        "Jane (Support)",
        "Jane: urgent",
        "Jane, your bank",
        "jane.doe",
    ],
)
def test_a_name_that_could_be_a_sentence_or_an_advertisement_is_set_apart(name: str) -> None:
    """R27."""
    set_apart = person(name, limit=60, quotes=QUOTES)
    assert (set_apart[0], set_apart[-1]) == QUOTES


def test_a_name_cannot_close_its_quotation_marks() -> None:
    assert label('Acme”. Call „us" now', limit=60, quotes=QUOTES) == "“Acme'. Call 'us' now”"


def test_a_line_of_ours_keeps_its_links_but_stays_one_line() -> None:
    assert one_line("example.com\r\nBcc: eve@evil.com\x00", limit=60) == "example.com Bcc: eve@evil.com"
