"""Texts that people typed: bounded, without invisible characters, and never markup (R27)."""

from typing import Any

from tests.api.team import Team
from tests.world import World

NASTY = "Ev\u202ee\u0000 <b>\u200b&\ufeff {{7*7}} %s ${x}\u0007"
CLEAN = "Eve <b>& {{7*7}} %s ${x}"


def test_messages_lose_what_cannot_be_seen_and_keep_their_lines(world: World, team: Team) -> None:
    """R27: control and format characters are removed, line breaks are unified, letters are composed."""
    typed = f"  {NASTY}\r\nline two\rline\u2028three\tcafe\u0301 \U000e0041\ue000 "
    made = world.invite(team.olga, team.account, "new@acme.example", message=typed)
    assert made["message"] == f"{CLEAN}\nline two\nline\nthreecaf\u00e9"


def test_a_message_has_at_most_500_characters_and_may_be_empty(world: World, team: Team) -> None:
    """R27: a message without visible characters is none."""
    path = f"{team.path}/invitations"
    with world.unchanged():
        long = world.call("POST", path, team.olga, {"email": "new@acme.example", "message": "x" * 501})
        assert (long.status, [each["field"] for each in long.json["errors"]]) == (422, ["message"])
    for number, (message, shown) in enumerate({"x" * 500: "x" * 500, "": None, " \u200b\u202e\n ": None}.items()):
        assert world.invite(team.olga, team.account, f"m{number}@acme.example", message=message)["message"] == shown


def test_names_from_the_sign_in_are_one_clean_line(world: World, team: Team) -> None:
    """R27: as stored for a new customer and shown to others; at most 100 characters."""
    new = world.person("new@acme.example", given_name=f" {NASTY}\nx", family_name="\u202ey" * 300)
    world.join(team.olga, team.account, new)
    shown = world.ok("GET", f"{team.path}/managers", team.olga)["data"][-1]
    assert (shown["first_name"], shown["last_name"]) == (f"{CLEAN} x", "y" * 100)
    me = world.ok("GET", "/v1/me", new)
    assert (me["first_name"], me["last_name"]) == (shown["first_name"], shown["last_name"])


def test_names_that_are_not_text_are_ignored(world: World, team: Team) -> None:
    """R27: a token without names makes a customer without one, and the mails cope."""
    new = world.person("new@acme.example", given_name="", family_name="\u200b")
    world.join(team.olga, team.account, new)
    world.pipeline.drain()
    (told,) = [mail for mail in world.mails_to(team.carl.email) if mail.tags["audience"] == "others"]
    assert "new@acme.example has accepted" in " ".join(told.text.split())  # whole, to those who may see it


def test_names_from_zuora_are_one_clean_line(world: World) -> None:
    """R27, R53: the account's name and the first manager's."""
    contact = {
        "firstName": f"{NASTY}\nO",
        "lastName": "\u202eOwner",
        "workEmail": "olga@acme.example",
        "country": "Germany",
    }
    olga = world.person("olga@acme.example")
    account = world.account(olga, name=f"Acme\u202e\r\n {NASTY}", billToContact=contact)
    assert world.ok("GET", f"/v1/billing-accounts/{account}", olga)["name"] == f"Acme  {CLEAN}"
    me = world.ok("GET", "/v1/me", olga)
    assert (me["first_name"], me["last_name"]) == (f"{CLEAN} O", "Owner")


def test_typed_texts_stay_text_in_a_mail(world: World) -> None:
    """R27, S27, S28: escaped in HTML, literal in text, no link and no header."""
    olga = world.person("olga@acme.example", given_name="Olga")
    account = world.account(olga, name='<script>x</script> "Acme"\r\nBcc: eve@evil.example')
    message = 'Click https://evil.example/x or <a href="https://evil.example">here</a>\n{{7*7}} {% raw %} %(x)s'
    world.invite(olga, account, "new@acme.example", message=message)
    world.pipeline.drain()
    (mail,) = world.ses.sent
    for part in (mail.subject, mail.text, mail.html):
        assert "https://evil.example" not in part
    assert "{{7*7}} {% raw %} %(x)s" in mail.text
    assert "{{7*7}} {% raw %} %(x)s" in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "&lt;a href=" in mail.html
    assert "<script>" not in mail.html
    assert "\n" not in mail.subject.strip()
    assert mail.to == "new@acme.example"


def test_an_unknown_language_falls_back_to_english(world: World, team: Team) -> None:
    """R27: nothing typed chooses a file."""
    path = f"{team.path}/invitations"
    with world.unchanged():
        for locale in ("", "../../etc", "de/..", "d", "de_", "e" * 40, "de\n", "en'", "%64%65"):
            answer: Any = world.call("POST", path, team.olga, {"email": "new@acme.example", "locale": locale})
            assert (answer.status, answer.code) == (422, "validation_failed"), locale
    subjects = {}
    for locale in ("en", "de", "de-AT", "DE_ch", "xx"):
        world.invite(team.olga, team.account, f"{locale.lower()}@acme.example", locale=locale)
        world.pipeline.drain()
        subjects[locale] = world.ses.sent[-1].subject
    assert subjects["de"] == subjects["de-AT"] == subjects["DE_ch"] != subjects["en"] == subjects["xx"]
