"""Keeps what people typed from posing as our words, a link or a phone number in a mail (R27).

Matching works on a folded copy of the text in which every character stands for its plain
look-alike (a full-width dot is a dot, every script's digits are digits). The copy is as long
as the text, so that a match can be replaced in the text itself and all else stays as typed.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

_ELLIPSIS = "…"
_MARKS_ON_A_LETTER = 4  # Vietnamese, Hebrew and Tibetan need up to three or four; more is a tower over other lines
_INVISIBLE = frozenset(  # letters, marks and symbols that show nothing; categories do not tell them apart
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\U0001d159"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
)
_LOOK_ALIKES = str.maketrans(  # those that compatibility normalisation does not know
    {
        **dict.fromkeys("\u0701\u0702\u2027\u2219\u22c5\ua4f8\ua60e\U00010a50", "."),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2044\u2215\u2571\u27cb\u29f8", "/"),
        **dict.fromkeys("\u02d0\u0589\u05c3\u205a\u2236\ua789", ":"),
    }
)
_IN_NAMES = "-'\u2010\u2019·・"
_LONGEST_TITLE = len("Prof")
_QUOTATION_MARKS = str.maketrans(dict.fromkeys('"“”„‟«»\u2039\u203a″‶〝〞〟\uff02❝❞', "'"))

_SEPARATOR = r"[\s\-.。·•・ー‥…/()\[\]~+*:]"
_LINK_SCHEME = re.compile(
    r"(?<![a-z0-9])(?:https?|s?ftps?|mailto|tel|sms|callto|facetime|sips?|xmpp|skype|whatsapp|tg|file|news):(?=[^\s…])"
    r"|:(?=[/\\]{2})",
    re.IGNORECASE,
)
_AT_IN_AN_ADDRESS = re.compile(r"(?<=\S)@(?=[^\s…])")
_NETWORK_PATH = re.compile(r"\\{2,}")
_NUMBER = re.compile(rf"\+?\d(?:{_SEPARATOR}{{0,4}}\d){{6,}}|\d{{1,3}}(?:[.。]\d{{1,3}}){{3}}")
_DOT_IN_A_DOMAIN = re.compile(r"(?<=www)\.(?=\w)|(?<=[^\s.\[(])\.(?=[^\W\d_]{2})", re.IGNORECASE)
_IDEOGRAPHIC_STOP_IN_A_WORD = re.compile(r"(?<=\S)。(?=\w)")
_NUMBER_AT_THE_END = re.compile(rf"(?:{_SEPARATOR}|[\d_])+\Z")

_YEAR = r"(?:19|20)\d\d"
_DAY_OR_MONTH = r"(?:0?[1-9]|[12]\d|3[01])"
_DAY_FIRST = rf"{_DAY_OR_MONTH}(?:\. ?|/|-){_DAY_OR_MONTH}(?:\. ?|/|-){_YEAR}"
_DATE = rf"(?:{_DAY_FIRST}|{_YEAR}[-/.]{_DAY_OR_MONTH}[-/.]{_DAY_OR_MONTH})"
_TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_CALENDAR = re.compile(rf"{_DATE}(?: ?- ?{_DATE}| {_TIME})?|{_YEAR} ?[-/] ?{_YEAR}|{_TIME} ?- ?{_TIME}")


def shown(text: str, *, limit: int) -> str:
    """One line that is safe to read: cleaned, nothing in it to click or to call, at most ``limit`` (>= 1) characters.

    Links, addresses and numbers of seven digits or more stay readable: ``https[:]//evil[.]com``, ``eve[at]evil[.]com``,
    ``0800_123_4567``. Dates, spans of years and spans of time are no telephone numbers and stay as they are.
    """
    return _capped(_defanged(_cleaned(text)), limit)


def message_lines(text: str, *, limit: int = 1000, most: int = 20) -> tuple[str, ...]:
    """The lines of a message, each as ``shown`` has it: at most ``limit`` characters and ``most`` lines in all."""
    lines: list[str] = []
    for line in (_defanged(_cleaned(typed)) for typed in text.splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    if len(lines) > most:
        lines[most - 1 :] = [_ELLIPSIS]
    joined = _capped("\n".join(lines).rstrip(), limit)
    return tuple(joined.split("\n")) if joined else ()


def person(text: str, *, limit: int, quotes: tuple[str, str]) -> str:
    """A person's name; in quotation marks unless it is plainly a name. Empty stays empty."""
    name = shown(text, limit=limit)
    return name if not name or is_plain_name(name) else _in_quotes(name, quotes)


def label(text: str, *, limit: int, quotes: tuple[str, str]) -> str:
    """The name of a thing, always in quotation marks that it cannot close. Empty stays empty."""
    name = shown(text, limit=limit)
    return _in_quotes(name, quotes) if name else ""


def is_plain_name(name: str) -> bool:
    """Whether it can stand in a sentence bare: one to four words of letters, full stops only in titles and initials.

    Anything else could be a sentence or an advertisement and goes into quotation marks.
    """
    words = name.split()
    return 1 <= len(words) <= 4 and all(_is_plain_word(word) for word in words)  # noqa: PLR2004 -- said above


def one_line(text: str, *, limit: int) -> str:
    """A line of ours for a header: one line, nothing invisible, at most ``limit`` characters; links are left alone."""
    return _capped(_cleaned(text), limit)


def _cleaned(text: str) -> str:
    """NFC on one line: nothing invisible, plain spaces, marks only on letters and few of them."""
    visible = unicodedata.normalize("NFC", "".join(map(_seen, text)))
    kept, marks_left = [], 0
    for character in visible:
        match unicodedata.category(character)[0]:
            case "M":
                marks_left -= 1
                if marks_left < 0:
                    continue
            case "L":
                marks_left = _MARKS_ON_A_LETTER
            case _:
                marks_left = 0
        kept.append(character)
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    return "" if category[0] == "C" or category == "Me" or character in _INVISIBLE else character


def _defanged(text: str) -> str:
    text = _replaced(_LINK_SCHEME, lambda found: f"{found[:-1]}[:]", text)
    text = _replaced(_AT_IN_AN_ADDRESS, lambda _: "[at]", text)
    text = _replaced(_NETWORK_PATH, lambda found: found[0], text)
    text = _replaced(_NUMBER, _broken_up, text)
    text = _replaced(_DOT_IN_A_DOMAIN, lambda _: "[.]", text)
    return _replaced(_IDEOGRAPHIC_STOP_IN_A_WORD, lambda found: f"{found} ", text)  # as in a sentence, with a space


def _replaced(pattern: re.Pattern[str], replacement: Callable[[str], str], text: str) -> str:
    """Looks for the pattern in the folded copy and replaces in the text."""
    parts, end = [], 0
    for found in pattern.finditer(_folded(text)):
        parts += [text[end : found.start()], replacement(text[found.start() : found.end()])]
        end = found.end()
    return "".join([*parts, text[end:]])


def _folded(text: str) -> str:
    return "".join(map(_plain, text.translate(_LOOK_ALIKES)))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """The one character that this one stands for when somebody looks for links and numbers."""
    category = unicodedata.category(character)
    if category in {"Nd", "No"}:
        return str(unicodedata.digit(character, 0))
    if category[0] == "M":
        return "a"  # it belongs to a letter
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 else character


def _broken_up(number: str) -> str:
    """Groups of at most four digits with underscores between: no program that looks for telephone numbers takes those.

    (Brackets would not do: libphonenumber, which Android uses, reads over them.)
    """
    folded = _folded(number)
    if _CALENDAR.fullmatch(folded):
        return number
    parts: list[str] = []
    for found in re.finditer(r"\d{1,4}|\D+", folded):
        part = number[found.start() : found.end()]
        if not found[0][0].isdigit():
            part = ")" * found[0].count(")") + "_" + "(" * found[0].count("(") + "+" * found[0].count("+")
        elif parts and parts[-1][-1].isdigit():
            part = f"_{part}"
        parts.append(part)
    return "".join(parts).removeprefix("_")


def _capped(text: str, limit: int) -> str:
    """Cuts before a letter with its marks, and never within a number: part of a date could pass for one to call."""
    if len(text) <= limit:
        return text
    cut = max(limit - 1, 0)
    while cut and unicodedata.category(text[cut])[0] == "M":
        cut -= 1
    if number := _NUMBER_AT_THE_END.search(_folded(text[:cut])):
        cut = number.start()
    return text[:cut].rstrip() + _ELLIPSIS


def _in_quotes(name: str, quotes: tuple[str, str]) -> str:
    return name.translate(_QUOTATION_MARKS).join(quotes)


def _is_plain_word(word: str) -> bool:
    """Letters with marks, hyphens, apostrophes and the middle dots of Catalan and Japanese; ``Dr.``, ``J.R.R.``."""
    letters = word.replace(".", "")
    if not all(character in _IN_NAMES or unicodedata.category(character)[0] in "LM" for character in letters):
        return False
    return letters == word or max(map(len, word.split("."))) <= _LONGEST_TITLE
