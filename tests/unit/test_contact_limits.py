"""What Zuora is known to refuse: one table, and the fake Zuora has the same (R32)."""

import json

import pytest

from chalicelib.clients.zuora.fields import CONTACT_FIELDS
from chalicelib.domain import contact_limits, countries
from chalicelib.domain.contacts import FIELDS
from devstack.package import ROOT
from devstack.zuora import regions
from devstack.zuora.contacts import LENGTHS

_DATA = json.loads((ROOT / "devstack" / "zuora" / "countries.json").read_text(encoding="utf-8"))


def test_the_lengths_are_zuoras() -> None:
    """R32: every field that is written there, ours and those that are only carried over."""
    assert {CONTACT_FIELDS[name]: longest for name, longest in contact_limits.LONGEST.items()} == {
        name: LENGTHS[name] for name in CONTACT_FIELDS.values()
    }
    assert contact_limits.LONGEST.keys() - set(FIELDS) == {"county", "tax_region"}


@pytest.mark.parametrize("name", contact_limits.LONGEST)
def test_each_field_is_refused_one_character_above_its_length(name: str) -> None:
    """R32."""
    longest = contact_limits.LONGEST[name]
    known = {"country": "Germany"}.get(name, "x" * longest)
    assert list(contact_limits.refusals({name: known})) == []
    assert [field for field, _ in contact_limits.refusals({name: "x" * (longest + 1)})][:1] == [name]


def test_every_country_that_zuora_takes_is_taken_however_it_is_written() -> None:
    """R32: by name or code, in any case."""
    for alpha2, (alpha3, name) in _DATA["countries"].items():
        for each in (alpha2, alpha3, name, name.upper(), alpha2.lower()):
            assert countries.code_of(each) == alpha2
            assert list(contact_limits.refusals({"country": each})) == []


@pytest.mark.parametrize("code", _DATA["subregions"])
def test_the_states_are_zuoras(code: str) -> None:
    """R32: of the countries where it checks them."""
    assert countries.has_states(code)
    for short, name in _DATA["subregions"][code].items():
        for state in (short, name, short.lower()):
            assert list(contact_limits.refusals({"state": state}, {"country": code})) == []
        assert countries.same_state(code, short, name)
    assert [each for each, _ in contact_limits.refusals({"state": "Bavaria"}, {"country": code})] == ["state"]


@pytest.mark.parametrize("country", ["Atlantis", "ZZ", "XXX", "Germany!", "Deutschland", "-"])
def test_what_is_no_country_is_refused(country: str) -> None:
    """R32: the fake Zuora refuses it too."""
    assert regions.country_name(country) is None
    assert [each for each, _ in contact_limits.refusals({"country": country})] == ["country"]


def test_what_the_contact_has_already_is_not_asked_about() -> None:
    """R32: what is in Zuora is there, whatever our table says."""
    assert list(contact_limits.refusals({"city": "Graz"}, {"country": "Atlantis", "state": "x"})) == []
    assert list(contact_limits.refusals({"state": "Graz"}, {"country": "Atlantis"})) == []
