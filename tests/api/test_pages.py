"""Lists come in pages: limits, cursors valid for their own list only, nothing lost and nothing twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.api.examples import routes
from tests.world import Person, Tables, World, fresh_world

LISTS = ("accounts", "inbox", "managers", "invitations", "ended", "history", "revocations")
BAD_LIMITS = ["0", "101", "-1", "+1", "x", "", "1.0", "1e1", "0x10", "%31%00", "\u0661", "9" * 40, "true", "1&limit=2"]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="


@dataclass(frozen=True, slots=True)
class Archive:
    """Olga and Carl manage two accounts, and every list of the first (``mine``) and the second has some items."""

    world: World
    olga: Person
    mine: str
    second: str

    def url(self, name: str, account: str = "") -> str:
        """A list by name; filters count as lists of their own."""
        path = f"/v1/billing-accounts/{account or self.mine}"
        return {
            "accounts": "/v1/billing-accounts?",
            "inbox": "/v1/me/invitations?",
            "managers": f"{path}/managers?",
            "invitations": f"{path}/invitations?",
            "ended": f"{path}/invitations?status=revoked&status=accepted&",
            "history": f"{path}/history?",
            "revocations": f"{path}/history?type=invitation_revoked&",
        }[name]

    def page(self, url: str, limit: int, cursor: str | None = None) -> Any:
        """One page."""
        more = f"&cursor={cursor}" if cursor else ""
        return self.world.ok("GET", f"{url}limit={limit}{more}", self.olga)

    def cursor(self, name: str, account: str = "") -> str:
        """A genuine cursor of that list."""
        return str(self.page(self.url(name, account), 1)["next_cursor"])

    def status(self, url: str, cursor: str) -> tuple[int, str | None]:
        """The status that a list answers to a cursor."""
        answer = self.world.call("GET", f"{url}limit=1&cursor={cursor}", self.olga)
        return answer.status, answer.code

    def add_to(self, name: str) -> None:
        """Something new in that list of the first account."""
        number = len(self.world.items("History"))
        if name == "accounts":
            self.world.account(self.olga)
        elif name == "inbox":
            self.be_invited_by(f"late{number}@beta.example")
        elif name == "managers":
            self.world.join(self.olga, self.mine, self.world.person(f"late{number}@acme.example"))
        else:
            new = self.world.invite(self.olga, self.mine, f"late{number}@acme.example")
            if name in {"ended", "revocations"}:
                self.revoke(self.mine, new["id"])

    def be_invited_by(self, email: str) -> None:
        """A person with their own account invites Olga."""
        host = self.world.person(email)
        self.world.invite(host, self.world.account(host), self.olga.email)

    def revoke(self, account: str, invitation_id: str) -> None:
        """Ends an invitation."""
        self.world.ok("POST", f"/v1/billing-accounts/{account}/invitations/{invitation_id}/revoke", self.olga)


@pytest.fixture(scope="module")
def _archive(issuer: Issuer, zuora_server: FakeZuora) -> Iterator[tuple[Archive, Tables]]:
    unlimited = {"MEMBERSHIPS_PER_CUSTOMER": "unlimited"}
    with pytest.MonkeyPatch.context() as patch, fresh_world(issuer, zuora_server, patch, **unlimited) as world:
        olga, carl = world.person("olga@acme.example"), world.person("carl@acme.example")
        made = Archive(world, olga, world.account(olga), world.account(olga))
        for account in (made.mine, made.second):
            world.join(olga, account, carl)
            sent = [world.invite(olga, account, f"p{number}@acme.example")["id"] for number in range(4)]
            for invitation_id in sent[:2]:
                made.revoke(account, invitation_id)
        for number in range(4):
            made.be_invited_by(f"host{number}@beta.example")
        yield made, world.everything()


@pytest.fixture
def archive(_archive: tuple[Archive, Tables]) -> Iterator[Archive]:
    """Accounts with a little of everything; after every test the tables are restored."""
    made, before = _archive
    yield made
    made.world.rewind(before)


def test_every_list_is_known_here(archive: Archive) -> None:
    """A new paged list needs a name above."""
    known = {archive.url(name).partition("?")[0].replace(archive.mine, "{account_id}") for name in LISTS}
    elsewhere = {"billing", "support"}  # Zuora's lists and the desk's lists have their own tests
    assert known == {route.path for route in routes(listing=True) if route.tag not in elsewhere}


def test_a_limit_is_a_whole_number_from_1_to_100(archive: Archive) -> None:
    """Anything else is refused on every list, and so is a limit or cursor that comes twice."""
    with archive.world.unchanged():
        for name in LISTS:
            for limit in BAD_LIMITS:
                answer = archive.world.call("GET", f"{archive.url(name)}limit={limit}", archive.olga)
                assert (answer.status, answer.code) == (422, "validation_failed"), f"{name} {limit}"
                assert [each["field"] for each in answer.json["errors"]] == ["limit"]
            cursor = archive.cursor(name)
            assert archive.status(f"{archive.url(name)}cursor={cursor}&", cursor) == (422, "validation_failed")
            assert len(archive.page(archive.url(name), 1)["data"]) == 1
            assert len(archive.page(archive.url(name), 100)["data"]) >= 2


def test_a_cursor_is_good_for_its_own_list_only(archive: Archive) -> None:
    """I8: not for another list, another filter, another account."""
    lists = {(name, account) for name in LISTS for account in (archive.mine, archive.second)}
    lists -= {("accounts", archive.second), ("inbox", archive.second)}
    cursors = {each: archive.cursor(*each) for each in lists}
    for each in lists:
        for origin, cursor in cursors.items():
            expected = (200, None) if origin == each else (422, "validation_failed")
            assert archive.status(archive.url(*each), cursor) == expected, f"{origin} on {each}"


@pytest.mark.parametrize("name", ["accounts", "inbox"])
def test_a_cursor_of_a_personal_list_is_valid_for_its_owner_only(archive: Archive, name: str) -> None:
    """I8: everybody has a list of accounts and an inbox of their own."""
    carl = archive.world.person("carl@acme.example")
    url = f"{archive.url(name)}limit=1&cursor={archive.cursor(name)}"
    assert archive.world.call("GET", url, archive.olga).status == 200
    answer = archive.world.call("GET", url, carl)
    assert (answer.status, answer.code) == (422, "validation_failed")


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_cannot_be_changed(archive: Archive, name: str) -> None:
    """Not in one character, not at the end, not by truncation: only the exact text is valid."""
    cursor, url = archive.cursor(name), archive.url(name)
    wrong = [cursor[:-1] + other for other in ALPHABET if other != cursor[-1]]
    wrong += [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        for place in range(0, len(cursor), 7)
    ]
    wrong += [cursor[:length] for length in (0, 1, 4, 20, 22, len(cursor) - 1)]
    wrong += [
        f"{cursor}A",
        f"A{cursor}",
        f"{cursor}=",
        f"{cursor}==",
        f"{cursor}%20",
        f"%0A{cursor}",
        cursor.swapcase(),
    ]
    wrong += ["\u00e9", "%FF", "%00", "null", "x" * 500, "x" * 501, "acc_01ARZ3NDEKTSV4RRFFQ69G5FAV"]
    for each in wrong:
        assert archive.status(url, each) == (422, "validation_failed"), each
    assert archive.status(url, cursor) == (200, None)


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("name", LISTS)
def test_pages_lose_nothing_and_repeat_nothing_while_items_are_added(archive: Archive, name: str, limit: int) -> None:
    """R40: every item that was there at the beginning comes exactly once, in order, however many are added."""
    url = archive.url(name)
    there = [each["id"] for each in archive.page(url, 100)["data"]]
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = archive.page(url, limit, cursor)
        found += [each["id"] for each in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["data"]) == limit
        if len(found) < 3:
            archive.add_to(name)
    assert len(found) == len(set(found))
    assert [each for each in found if each in there] == there


def test_a_page_has_20_items_unless_another_limit_is_given(archive: Archive) -> None:
    """And the last page says that it is the last, even when it is full."""
    while len(archive.world.events(archive.mine)) < 21:
        archive.add_to("revocations")
    whole = archive.world.ok("GET", archive.url("history").rstrip("?"), archive.olga)
    assert len(whole["data"]) == 20
    assert whole["next_cursor"]
    count = len(archive.world.events(archive.mine))
    full = archive.page(archive.url("history"), count)
    assert (len(full["data"]), full["next_cursor"]) == (count, None)
