"""Every mail exists in every language, says the same in all of them, and in text what it says in HTML."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from chalicelib.emails import render as rendering
from chalicelib.emails.render import LOCALES, Mail, render, templates
from chalicelib.emails.values import FORMATTERS, MAILS
from devstack.mails import PICTURES, example_values

TEMPLATES = Path(rendering.__file__).with_name("templates")
FILES = ("subject.txt", "body.txt", "body.html")
SHARED = {"layout.txt", "layout.html", "parts.html"}
NO_VALUES = {"words", "button", "quotation"}  # the language itself, and the macros of parts.html
NO_END_TAG = {"meta", "br"}

each_mail = pytest.mark.parametrize(("event", "audience"), templates())
each_locale = pytest.mark.parametrize("locale", LOCALES)


class Page(HTMLParser):
    """Notes links, text, and tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.text = ""
        self.unmatched: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.unmatched += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "background", "action"}]
        if tag not in NO_END_TAG:
            self._open.append(tag)
        if tag in {"br", "p", "li", "h1", "td", "blockquote"}:
            self.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unmatched.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def mail(event: str, audience: str, locale: str) -> Mail:
    return render(event, audience, locale=locale, values=example_values(event, audience, locale))


def variables(path: Path) -> set[str]:
    return set(meta.find_undeclared_variables(Environment(autoescape=True).parse(path.read_text()))) - NO_VALUES


def links_in(text: str) -> set[str]:
    return set(re.findall(r"https?://\S+", text))


def test_every_mail_has_its_three_files_in_every_language_and_no_file_is_left_over() -> None:
    wanted = {
        f"{locale}/{event}/{audience}/{file}" for locale in LOCALES for event, audience in MAILS for file in FILES
    }
    found = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()}
    assert found == wanted | SHARED


@each_mail
@pytest.mark.parametrize("file", FILES)
def test_all_languages_use_the_same_values(event: str, audience: str, file: str) -> None:
    used = [variables(TEMPLATES / locale / event / audience / file) for locale in LOCALES]
    assert all(names == used[0] for names in used)


@each_mail
@each_locale
def test_the_table_of_values_lists_what_the_templates_use(event: str, audience: str, locale: str) -> None:
    folder = TEMPLATES / locale / event / audience
    of_every_mail = {"recipient_name", "account_name", "product_name", "portal_url"}
    for body in ("body.txt", "body.html"):
        used = variables(folder / "subject.txt") | variables(folder / body)
        in_layout = {"support_url"} & set(MAILS[event, audience])
        assert used - of_every_mail | in_layout == set(MAILS[event, audience])
        assert used <= set(FORMATTERS)


def test_no_template_has_a_link_an_address_or_the_name_of_the_product() -> None:
    for path in filter(Path.is_file, TEMPLATES.rglob("*")):
        source = path.read_text().replace("@media", "")
        assert not re.search(r"https?:|www\.|@|mailto:|src=|url\(", source), path
        assert not re.search(r"zuora|gitlab|pulumi", source, re.IGNORECASE), path
        assert not re.search(r"\|\s*safe|autoescape|\bMarkup\b", source), path


@each_mail
@each_locale
def test_text_and_html_carry_the_same_links_and_only_those_given(event: str, audience: str, locale: str) -> None:
    sent = mail(event, audience, locale)
    page = Page(sent.html)
    given = {value for name, value in example_values(event, audience, locale).items() if name.endswith("_url")}
    assert links_in(sent.text) == set(page.links) == links_in(page.text)
    assert links_in(sent.text) <= given


@each_mail
@each_locale
def test_text_lines_fit_78_columns_and_links_have_a_line_of_their_own(event: str, audience: str, locale: str) -> None:
    for line in mail(event, audience, locale).text.splitlines():
        assert line == line.rstrip()
        assert re.fullmatch(r"https://\S+", line) if "://" in line else len(line) <= 78


@each_mail
@each_locale
def test_html_is_balanced_and_names_its_language(event: str, audience: str, locale: str) -> None:
    html = mail(event, audience, locale).html
    assert Page(html).unmatched == []
    assert f'<html lang="{locale}">' in html
    assert html.count("<table") == html.count('<table role="presentation"')
    assert '<meta name="color-scheme" content="light dark">' in html
    assert html.count("<h1") == 1
    assert "<img" not in html
    assert len(html.encode()) < 100_000  # one large provider cuts longer mails


@each_mail
@each_locale
def test_the_text_part_says_what_the_html_part_says(event: str, audience: str, locale: str) -> None:
    """Except for the line before a link, which is a button in HTML."""
    sent = mail(event, audience, locale)
    in_html = " ".join(Page(sent.html).text.split())
    for paragraph in re.split(r"\n\n", sent.text):
        if "://" in paragraph or set(paragraph) == {"-"}:
            continue
        for said in re.split(r"\n?> ?|\n?- |-{70,}", paragraph):
            assert " ".join(said.split()) in in_html


@each_mail
@pytest.mark.parametrize("file", FILES)
def test_the_german_text_is_not_the_english_one(event: str, audience: str, file: str) -> None:
    english, german = ((TEMPLATES / locale / event / audience / file).read_text() for locale in ("en", "de"))
    assert english != german


@each_mail
def test_sold_to_and_bill_to_are_hyphenated_in_german(event: str, audience: str) -> None:
    """Sold-To-Kontakt: with hyphens throughout."""
    sent = mail(event, audience, "de")
    assert not re.search(r"(Sold|Bill) To", sent.subject + sent.text + sent.html)


def test_every_mail_has_its_picture_in_every_language_and_no_picture_is_left_over() -> None:
    """``make mails`` takes them; a mail with several looks has the look in the picture's name."""
    wanted = {f"{locale}/{event}-{audience}" for locale in LOCALES for event, audience in MAILS}
    found = {str(path.relative_to(PICTURES).with_suffix("")) for path in PICTURES.rglob("*.png")}
    others = {name for name in found - wanted if name.rsplit("-", 1)[0] in wanted}
    assert found - others == wanted, "run `make mails`, and look at what is new"


@each_mail
@each_locale
def test_every_mail_says_why_it_was_sent_and_what_to_do(event: str, audience: str, locale: str) -> None:
    text = " ".join(mail(event, audience, locale).text.split())
    why, what_to_do = {
        "en": (r"You receive this (last )?mail because", r"ignore this mail|contact our support"),
        "de": (r"Sie erhalten diese (letzte )?E-Mail, weil", r"E-Mail ignorieren|an unseren Support"),
    }[locale]
    assert re.search(why, text)
    assert re.search(what_to_do, text)


@pytest.mark.parametrize("template", ["layout.html", "parts.html"])
def test_every_text_has_a_contrast_of_at_least_four_and_a_half(template: str) -> None:
    """Each style that sets one of the two colours sets the other, so the pairs can be read from the source."""
    source = (TEMPLATES / template).read_text()
    rules = re.findall(r'style="([^"]*)"|\{ ([^{}]*) \}', source)
    styles = [
        inline or rule for inline, rule in rules if re.search(r"(?<!-)color: ?#|background-color", inline or rule)
    ]
    assert styles
    for style in styles:
        back = re.search(r"background-color: ?(#\w{6})", style)
        front = re.search(r"(?:^|[; ])color: ?(#\w{6})", style)
        assert back, style
        assert front, style
        assert contrast(back[1], front[1]) >= 4.5, style


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
