"""Cleans texts that people typed: names, messages, reasons (R27)."""

import unicodedata

_KEPT_CONTROLS = frozenset("\n")


def cleaned(text: str, *, multiline: bool = False) -> str:
    """The text without control, format, surrogate and private characters, in NFC, trimmed.

    A single-line text has its line breaks folded to spaces; a multi-line one keeps its line feeds.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    if not multiline:
        unified = unified.replace("\n", " ").replace("\t", " ")
    kept = (c for c in unified if (multiline and c in _KEPT_CONTROLS) or not unicodedata.category(c).startswith("C"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()
