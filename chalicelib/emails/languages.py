"""The words and formats of each language that mails are written in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What a mail needs from a language besides its templates."""

    code: str
    greeting: str
    regards: str
    button_hint: str
    support: str
    nameless: str
    somebody: str
    quotes: tuple[str, str]
    roles: Mapping[str, str]
    date: str
    months: tuple[str, ...]

    def written_out(self, moment: datetime) -> str:
        """An aware datetime written out in UTC: ``28 November 2026, 14:05 UTC``."""
        if moment.tzinfo is None:
            raise ValueError("a moment in a mail needs its time zone")
        utc = moment.astimezone(UTC)
        return self.date.format(day=utc.day, month=self.months[utc.month - 1], year=utc.year, time=f"{utc:%H:%M}")


ENGLISH = Language(
    code="en",
    greeting="Hello",
    regards="Kind regards",
    button_hint="If the button does not work, copy this address into your browser:",
    support="Our support:",
    nameless="(no name)",
    somebody="somebody",
    quotes=("“", "”"),
    roles={"admin": "administrator", "manager": "manager", "viewer": "viewer (read-only)"},
    date="{day} {month} {year}, {time} UTC",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
)

GERMAN = Language(
    code="de",
    greeting="Guten Tag",
    regards="Freundliche Grüße",
    button_hint="Falls die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:",
    support="Unser Support:",
    nameless="(ohne Namen)",
    somebody="jemand",
    quotes=("„", "“"),
    roles={"admin": "Administration", "manager": "Verwaltung", "viewer": "Lesezugriff"},
    date="{day}. {month} {year}, {time} UTC",
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
)

LANGUAGES: Mapping[str, Language] = {language.code: language for language in (ENGLISH, GERMAN)}


def language_of(locale: str | None) -> Language:
    """The language of ``de``, ``de-AT`` or ``de_DE``; English for what is unknown or not given."""
    code = (locale or "").replace("_", "-").partition("-")[0].lower()
    return LANGUAGES.get(code, ENGLISH)
