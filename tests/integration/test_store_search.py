"""The Steps of the search index: entries are added and dropped idempotently, their list is written as it was read."""

import pytest

from chalicelib.domain.errors import Changed
from chalicelib.domain.search import Entry, Kind
from chalicelib.store import reading, search
from tests.integration.store_fixtures import new_id, read, refusal

pytestmark = pytest.mark.usefixtures("tables")


def entries(place: str) -> list[str]:
    return [each.order for each in search.read(place, beginning="", after=None, limit=10)]


def test_dropping_entries_is_idempotent() -> None:
    """R61: a worker that crashed half-way left some of them."""
    place = new_id("place")
    here, never, stays = Entry(place, "a"), Entry(place, "b"), Entry(place, "c")
    assert refusal(*search.add([here, stays])) is None
    assert refusal(*search.drop([here, never])) is None
    assert entries(place) == ["c"]


def test_adding_entries_is_idempotent() -> None:
    """R61: the same worker runs again."""
    place = new_id("place")
    assert refusal(*search.add([Entry(place, "a")])) is None
    assert refusal(*search.add([Entry(place, "a"), Entry(place, "b")])) is None
    assert entries(place) == ["a", "b"]


def test_a_list_of_entries_that_changed_meanwhile_is_reread() -> None:
    """R61: the last one to write has read the newest state; a new list, a later one, a deleted one."""
    thing, entry = new_id("cus"), Entry("place", "a")
    first = [search.refile(Kind.CUSTOMER, thing, None, [entry]) for _ in range(2)]
    assert [type(refusal(each)) for each in first] == [type(None), Changed]
    before = read(search.filed(Kind.CUSTOMER, thing))
    assert (before.entries, before.revision) == (frozenset({entry}), 1)
    still = search.still_filed(Kind.CUSTOMER, thing, before)
    both = [entry, Entry("place", "b")]
    later = [search.refile(Kind.CUSTOMER, thing, before, each) for each in (both, [])]
    assert refusal(still) is None
    assert [type(refusal(each)) for each in later] == [type(None), Changed]
    assert isinstance(refusal(still), Changed)
    newest = read(search.filed(Kind.CUSTOMER, thing))
    assert refusal(search.refile(Kind.CUSTOMER, thing, newest, [])) is None
    assert reading.one(search.filed(Kind.CUSTOMER, thing)) is None
    assert refusal(search.still_filed(Kind.CUSTOMER, thing, None)) is None
