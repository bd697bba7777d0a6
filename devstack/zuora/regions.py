"""Countries and states as Zuora takes them (name or ISO code, any case) and gives them back (the full name)."""

import json
from pathlib import Path
from typing import Any


def country_name(text: str) -> str | None:
    """The full name of a country given by name, alpha-2 or alpha-3; None if there is none."""
    return _COUNTRIES.get(text.strip().casefold())


def subregion_name(country: str, text: str) -> str | None:
    """The full name of a state or province of a country (by its full name); None if it has no such one."""
    return _SUBREGIONS[country].get(text.strip().casefold())


def has_subregions(country: str) -> bool:
    """Whether Zuora checks the state of addresses in this country."""
    return country in _SUBREGIONS


def _by_any_spelling(data: dict[str, Any]) -> dict[str, str]:
    return {
        spelling.casefold(): name
        for alpha2, (alpha3, name) in data["countries"].items()
        for spelling in (alpha2, alpha3, name)
    }


def _subregions(data: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {
        data["countries"][alpha2][1]: {
            spelling.casefold(): name for code, name in regions.items() for spelling in (code, name)
        }
        for alpha2, regions in data["subregions"].items()
    }


_DATA = json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
_COUNTRIES = _by_any_spelling(_DATA)
_SUBREGIONS = _subregions(_DATA)
