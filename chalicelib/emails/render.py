"""Turns an event, its audience and plain values into a mail: subject, text, HTML.

Only the mailer imports this module: it brings the template engine. No value ever becomes template source (S28).
"""

import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from chalicelib.emails import untrusted_text
from chalicelib.emails.languages import LANGUAGES, language_of
from chalicelib.emails.values import MAILS, safe_values
from chalicelib.frozen import frozen

LOCALES: tuple[str, ...] = tuple(LANGUAGES)

_COLUMNS = 78
_SUBJECT_LIMIT = 150
_SET_BY_HAND = ("http", ">", "- ", "  ")  # how a line of the text part starts that is not part of a paragraph
_INLINE_STYLES = {  # several mail clients read no style sheet
    "p": "margin:0 0 16px",
    "ul": "margin:0 0 16px;padding:0 0 0 24px",
    "li": "margin:0 0 4px",
    "blockquote": "margin:0 0 16px;padding:4px 0 4px 16px;border-left:4px solid #9aa5b1",
}


@frozen
class Mail:
    """What the reader gets: a one-line subject and the same content as text and as HTML."""

    subject: str
    text: str
    html: str


def render(event: str, audience: str, *, locale: str | None, values: Mapping[str, object]) -> Mail:
    """The mail about this event for this audience; see ``values.py`` for the values and what is refused.

    ``locale`` may be any language tag; those without templates are written to in English.
    """
    language = language_of(locale)
    context = {**safe_values(event, audience, values, language), "words": language}
    in_subject = {**safe_values(event, audience, values, language, in_subject=True), "words": language}
    folder = f"{language.code}/{event}/{audience}"
    subject = untrusted_text.one_line(_filled(f"{folder}/subject.txt", in_subject), limit=_SUBJECT_LIMIT)
    if subject.startswith(language.somebody):
        subject = subject[:1].upper() + subject[1:]
    return Mail(
        subject=subject,
        text=re.sub(r"\n{3,}", "\n\n", _filled(f"{folder}/body.txt", context)).strip() + "\n",
        html=_filled(f"{folder}/body.html", {**context, "subject": subject}),
    )


def templates() -> tuple[tuple[str, str], ...]:
    """Every (event, audience) there is a mail for."""
    return tuple(MAILS)


def _filled(template: str, context: Mapping[str, object]) -> str:
    return _environment.get_template(template).render(context)


def _flowed(text: str) -> str:
    """Sets the paragraphs of a text part to 78 columns; links, quotations and lists stay as they are."""
    lines: list[str] = []
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line and not line.startswith(_SET_BY_HAND):
            paragraph.append(line)
            continue
        lines += textwrap.wrap(" ".join(paragraph), _COLUMNS, break_long_words=False, break_on_hyphens=False)
        lines.append(line)
        paragraph.clear()
    return "\n".join(lines)


def _quoted(lines: Iterable[str]) -> str:
    """What somebody wrote, each line marked, so that it cannot pass for ours."""
    wrapped = (part for line in lines for part in textwrap.wrap(line, _COLUMNS - 2) or [""])
    return "\n".join(f"> {part}".rstrip() for part in wrapped)


def _styled(html: str) -> Markup:
    """Gives the plain tags of our templates their inline styles (tags in values are escaped and stay so)."""
    pattern = rf"<({'|'.join(_INLINE_STYLES)})>"
    styled = re.sub(pattern, lambda tag: f'<{tag[1]} style="{_INLINE_STYLES[tag[1]]}">', html)
    return Markup(styled)  # noqa: S704 -- what people wrote in it is escaped already


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.filters.update(flowed=_flowed, quoted=_quoted, styled=_styled)
