"""Nothing that people type can pose as our words, a link, a phone number or a header in any mail (R27)."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from tests.api.invitations.aws import run_schedule
from tests.api.team import Team, later, somebody
from tests.environment import PORTAL_URL
from tests.ses import SentMail
from tests.world import Person, World

NEW = "new@acme.example"
TYPED = {
    "a link": "https://evil.test/login",
    "a bare domain": "www.evil.test or evil.test/x",
    "HTML": '<a href="https://evil.test">here</a><img src=x onerror=alert(1)></td></table>',
    "a javascript link": "javascript:alert(document.cookie)",
    "a phone number": "call +49 (800) 123-4567 now",
    "a header": "x\r\nBcc: eve@evil.test\r\n\r\nHello",
    "a direction": "\u202emoc.live\u202c \u2066x\u2069 \u200fabc",
    "controls": "a\x00b\x07c\x1b[31md\u200be\ufefff",
    "an address": "write to eve@evil.test",
    "a template": "{{7*7}} {% raw %} ${x} %(x)s %s",
    "look-alikes": "https\uff1a\u2044\u2044evil\u3002test \uff2bim@evil\uff0etest",
}
_NEVER = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class _Links(HTMLParser):
    """The addresses that the HTML of a mail leads to, and the tags that it uses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the tag and where it leads or loads from."""
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in {"href", "src", "action", "background"}]


def _is_clean(mail: SentMail) -> None:
    """One-line subject, no link but ours, nothing to call, nothing invisible."""
    links = _Links(mail.html)
    assert all(target.startswith((f"{PORTAL_URL}/", "#")) or target == PORTAL_URL for target in links.targets)
    assert not links.tags & {"img", "script", "iframe", "form", "object"}
    whole = mail.subject + mail.text + mail.html
    assert not _NEVER.search(whole)
    assert len(mail.subject.splitlines()) == 1
    for smuggled in ("evil.test", "://evil", "eve@", "123-4567"):
        assert smuggled not in whole, smuggled
    assert "alert(1)>" not in mail.html
    assert not re.search(r"\+49[ (]*800", whole)


def _eve(world: World, text: str) -> Person:
    """A person whose provider lets them choose any name."""
    return world.person("eve@acme.example", given_name=text, family_name=text, expires_in=90 * 86400)


@pytest.mark.parametrize("kind", TYPED)
def test_no_mail_of_an_invitations_life_carries_what_was_smuggled(world: World, team: Team, kind: str) -> None:
    """R27, S27, S28: names, messages and reasons, in invitation, resend, reminder, decline, welcome and farewell."""
    text = TYPED[kind]
    eve = _eve(world, text)
    world.add(team.olga, team.account, eve)
    made = world.invite(eve, team.account, NEW, message=text)
    token = world.link_token(NEW)
    assert run_schedule(datetime.now(UTC) + timedelta(days=2, minutes=1))["reminded"] == 1
    world.ok("POST", "/v1/invitations/decline", None, {"token": token, "reason": text})
    world.invite(eve, team.account, "other@acme.example", message=text, locale="de")
    world.pipeline.drain()
    with later(minutes=2):
        world.ok("POST", f"{team.path}/leave", eve)
        world.pipeline.drain()
    assert world.ok("GET", f"{team.path}/invitations/{made['id']}", team.olga)["status"] == "declined"
    assert len({(mail.tags["audience"], mail.subject) for mail in world.ses.sent}) >= 6
    for mail in world.ses.sent:
        _is_clean(mail)


@pytest.mark.parametrize(
    "address",
    ["Eve <eve@evil.example>", "a@x.example,b@x.example", "a@x.example;b@x.example", "a@x.example b@x.example",
     "a@x.example\r\nBcc: b@x.example", "a@x.example\n", "\u0430dmin@\u0430cme.example", "a\uff20x.example",
     "a@x.example\u202e", "mailto:a@x.example", ["a@x.example", "b@x.example"], {"to": "a@x.example"}, ""],
)  # fmt: skip
def test_resending_takes_exactly_one_plain_address_too(world: World, team: Team, address: object) -> None:
    """R27, S26: no display names, lists, look-alikes or headers."""
    made = world.invite(team.olga, team.account, NEW)
    with later(minutes=2), world.unchanged():
        path = f"{team.path}/invitations/{made['id']}/resend"
        answer = world.call("POST", path, team.olga, {"email": address})
        assert (answer.status, answer.code) == (422, "validation_failed")


@pytest.mark.parametrize("formula", ['=HYPERLINK("https://evil.example","x")', "+1+1", "-1", "@SUM(1)", "\t=1"])
def test_nothing_is_exported_as_a_spreadsheet(world: World, team: Team, formula: str) -> None:
    """S29: there is no CSV; every answer is JSON, in which a formula is plain text."""
    made = world.invite(team.olga, team.account, NEW, message=formula)
    assert made["message"] == formula.strip()
    world.add(team.olga, team.account, world.person("eve@acme.example", given_name=formula))
    wanted = {"Accept": "text/csv, application/vnd.ms-excel"}
    for path in (f"{team.path}/managers", f"{team.path}/invitations", f"{team.path}/history", "/v1/billing-accounts"):
        answer = world.call("GET", path, team.olga, headers=wanted)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        assert isinstance(answer.json["data"], list)
        assert world.call("GET", f"{path}?format=csv", team.olga).code == "validation_failed"
        assert world.call("GET", f"{path}.csv", somebody(world, "olga")).status == 404
