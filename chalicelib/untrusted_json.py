"""From bytes that anybody may have sent to values that are safe to keep: no deeper than real ones are, clean texts."""

import json
import unicodedata

DEEPEST = 40
LONGEST_TEXT = 4_000  # characters; the longest text of Zuora's that is kept here has 255
_KEPT_CONTROLS = frozenset("\n\t")


class Unreadable(ValueError):
    """It is no JSON, or none that an answer could be."""


def parsed(content: bytes) -> object:
    """The JSON of a body, with clean texts. Raises Unreadable; a broken character alone is no reason."""
    try:
        said = json.loads(content.decode("utf-8-sig", errors="replace"), parse_constant=lambda _number: None)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(type(problem).__name__) from None
    return _clean(said, 0)


def clean_text(text: str) -> str:
    """The text without controls and halves of characters, which can be neither encoded nor kept, and not too long."""
    if text.isascii() and text.isprintable():
        return text[:LONGEST_TEXT]
    return "".join(each for each in text[:LONGEST_TEXT] if not _is_broken(each))


def _is_broken(character: str) -> bool:
    return unicodedata.category(character) in {"Cs", "Cc"} and character not in _KEPT_CONTROLS


def _clean(value: object, depth: int) -> object:
    if depth > DEEPEST:
        raise Unreadable("nested too deep")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {clean_text(name): _clean(each, depth + 1) for name, each in value.items()}
    return value
