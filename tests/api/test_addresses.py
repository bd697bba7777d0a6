"""One person has one address, however it is written (R1, S30, S31)."""

import pytest

from tests.api.team import Team
from tests.world import World

SAME = {
    "kim@example.org": ["Kim@Example.org", "KIM@EXAMPLE.ORG", "  kim@example.org ", "kim@example.ORG"],
    "kim@xn--mller-kva.example": ["kim@m\u00fcller.example", "KIM@M\u00dcLLER.Example", "kim@mu\u0308ller.example",
                                  "Kim@XN--MLLER-KVA.example"],
}  # fmt: skip
DIFFERENT = ["kim+1@example.org", "k.im@example.org", "kim@sub.example.org", "kim_@example.org", "kim@example.com"]
NO_ADDRESSES = [
    "", " ", "kim", "@example.org", "kim@", "kim@@example.org", "kim@localhost", "kim@example", "kim @example.org",
    "kim@exam ple.org", "kim@example.org\n", "kim@example.org\r\nBcc: eve@evil.example", "\tkim@example.org",
    "kim@example.org,eve@evil.example", "kim@example.org;eve@evil.example", "kim@example.org eve@evil.example",
    "Kim <kim@example.org>", "<kim@example.org>", '"Kim"@example.org', '"kim, eve"@example.org', "kim(x)@example.org",
    "k\u0131m@example.org", "\u212aim@example.org", "k\u1fefm@example.org", "kim\uff20example.org",
    "kim\uff20x.org@evil.example", "k\u00ecm@example.org", "kim@[127.0.0.1]", "kim@127.0.0.1", "kim@-example.org",
    "kim@example..org", "k" * 65 + "@example.org", "kim@" + "x" * 250 + ".org", ".kim@example.org", "kim.@example.org",
    "kim@example.org\u0000", "kim\u202e@example.org", "mailto:kim@example.org", "kim@example.org?cc=eve@evil.example",
]  # fmt: skip


@pytest.mark.parametrize(("address", "spelling"), [(one, each) for one, several in SAME.items() for each in several])
def test_an_address_is_the_same_in_every_spelling(world: World, address: str, spelling: str) -> None:
    """R1, R11, S30: trim, NFC, A-label domain, case: the second invitation meets the first."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    path = f"/v1/billing-accounts/{account}/invitations"
    first = world.invite(olga, account, spelling)
    assert first["email"] == address
    for again in (address, spelling, *SAME[address]):
        answer = world.call("POST", path, olga, {"email": again})
        assert (answer.status, answer.code) == (409, "already_invited"), again
        assert answer.json["invitation_id"] == first["id"]


def test_a_person_accepts_under_any_spelling_of_the_address(world: World, team: Team) -> None:
    """R1, R15, S30: invited in capitals, signed in with others."""
    world.invite(team.olga, team.account, "KIM@M\u00fcller.example")
    token = world.link_token("kim@xn--mller-kva.example")
    kim = world.person("Kim@XN--MLLER-KVA.Example")
    assert world.call("POST", "/v1/invitations/accept", kim, {"token": token}).status == 201
    again = world.call("POST", f"{team.path}/invitations", team.olga, {"email": "kim@m\u00fcller.EXAMPLE"})
    assert (again.status, again.code) == (409, "already_manager")


def test_addresses_that_only_look_alike_are_different_people(world: World, team: Team) -> None:
    """R1, S31: no folding of tags, dots or sub-domains, at invitation and at sign-in."""
    world.invite(team.olga, team.account, "kim@example.org")
    token = world.link_token("kim@example.org")
    for other in DIFFERENT:
        assert world.invite(team.olga, team.account, other)["email"] == other
        answer = world.call("POST", "/v1/invitations/accept", world.person(other), {"token": token})
        assert (answer.status, answer.code) == (403, "email_mismatch"), other
    assert world.ok("GET", "/v1/me", world.person("olga+1@acme.example"))["id"] is None


def test_what_is_not_exactly_one_plain_address_is_refused(world: World, team: Team) -> None:
    """S26: no lists, names, look-alike letters, headers; nobody gets a mail."""
    with world.unchanged():
        for each in NO_ADDRESSES:
            answer = world.call("POST", f"{team.path}/invitations", team.olga, {"email": each})
            assert (answer.status, answer.code) == (422, "validation_failed"), each
            assert [error["field"] for error in answer.json["errors"]] == ["email"]
        for odd in (["a@x.example", "b@x.example"], {"to": "a@x.example"}, 7, True, None):
            assert world.call("POST", f"{team.path}/invitations", team.olga, {"email": odd}).status == 422
    world.pipeline.drain()
    assert world.ses.sent == []


def test_a_mail_goes_to_exactly_the_one_address(world: World, team: Team) -> None:
    """S26: one recipient, the one that was shown."""
    invited = world.invite(team.olga, team.account, "o'neil+billing@sub.example.org")
    world.pipeline.drain()
    assert [mail.to for mail in world.ses.sent] == [invited["email"]] == ["o'neil+billing@sub.example.org"]
