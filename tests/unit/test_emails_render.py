"""What a mail says, in which language, and what it refuses."""

import re
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

from chalicelib.emails.render import LOCALES, Mail, render, templates
from devstack.mails import example_values

ATTACKS = [
    '<a href="https://evil.com">click</a>',
    "<img src=x onerror=alert(1)>",
    "</td></table>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#x3c;",
    "{{7*7}} {% raw %}",
    "%s %(x)s",
    "${7*7} #{7*7}",
]
NAMES = (
    "recipient_name", "inviter_name", "person_name", "former_name", "actor_name", "contact_name", "account_name"
)  # fmt: skip
QUOTED = ("message", "reason", "bounce_reason")


class Tags(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def invitation(**changed: object) -> Mail:
    values = {**example_values("invitation_created", "invitee", "en"), **changed}
    return render("invitation_created", "invitee", locale="en", values=values)


def test_an_invitation_says_who_invites_to_what_until_when_and_how() -> None:
    mail = invitation(accept_url="https://portal.example.com/invitations#abc")
    assert mail.subject == "Jane Doe invites you to help manage “Brightwater Logistics”"
    for part in (mail.text, Tags(mail.html).text):
        said = " ".join(part.split())
        assert "Jane Doe has invited you to help manage the billing account “Brightwater Logistics”" in said
        assert "Your role will be: manager." in said
        assert "until 28 November 2026, 14:05 UTC" in said
        assert "https://portal.example.com/invitations#abc" in said
        assert "you can ignore this mail" in said


def test_the_message_of_the_inviter_is_a_labelled_quotation() -> None:
    """R27."""
    mail = invitation(message="Hi,\nyour account is blocked, see https://evil.com\n-- \nExample Cloud")
    assert "Jane Doe wrote:\n> Hi,\n> your account is blocked, see https[:]//evil[.]com\n> --\n> Example" in mail.text
    quotation = re.search(r"<blockquote.*?</blockquote>", mail.html, re.DOTALL)
    assert quotation is not None
    assert "evil[.]com" in quotation[0]
    assert "evil" not in mail.html.replace(quotation[0], "")


@pytest.mark.parametrize("nothing", [None, "", " \u200b\n "])
def test_without_a_message_there_is_no_quotation(nothing: str | None) -> None:
    mail = invitation(message=nothing)
    assert "wrote:" not in mail.text
    assert "<blockquote" not in mail.html


def test_an_invitation_without_an_inviter_or_an_end_does_without() -> None:
    mail = invitation(inviter_name="", expires_at=None)
    assert mail.subject == "You are invited to help manage “Brightwater Logistics”"
    assert "You have been invited" in mail.text
    assert "valid until" not in mail.text + mail.html
    assert "Message:" in mail.text


@pytest.mark.parametrize(
    ("locale", "greeting"),
    [
        ("en", "Hello"),
        ("de", "Guten Tag"),
        ("de-AT", "Guten Tag"),
        ("de_DE", "Guten Tag"),
        ("DE", "Guten Tag"),
        ("en-GB", "Hello"),
        ("fr", "Hello"),
        ("", "Hello"),
        ("../../x", "Hello"),
        (None, "Hello"),
    ],
)
def test_the_locale_decides_the_language(locale: str | None, greeting: str) -> None:
    values = example_values("manager_left", "others", "en")
    assert render("manager_left", "others", locale=locale, values=values).text.startswith(f"{greeting} Alex Kim,")


def test_dates_are_written_out_in_utc() -> None:
    moment = datetime(2027, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    values = {**example_values("invitation_created", "invitee", "de"), "expires_at": moment}
    assert "28 February 2027, 23:30 UTC" in render("invitation_created", "invitee", locale="en", values=values).text
    assert "28. Februar 2027, 23:30 UTC" in render("invitation_created", "invitee", locale="de", values=values).text


@pytest.mark.parametrize(
    ("role", "can"),
    [("admin", "change their roles"), ("manager", "unless this account"), ("viewer", "up to the other managers")],
)
def test_the_welcome_says_what_the_role_can_do(role: str, can: str) -> None:
    values = {**example_values("invitation_accepted", "person", "en"), "role": role}
    mail = render("invitation_accepted", "person", locale="en", values=values)
    assert can in " ".join(mail.text.split())
    assert can in " ".join(Tags(mail.html).text.split())


def test_a_manager_who_came_by_link_is_announced_so() -> None:
    values = {**example_values("invitation_accepted", "others", "en"), "kind": "link"}
    assert (
        "invitation link made by Jane Doe" in render("invitation_accepted", "others", locale="en", values=values).text
    )


@pytest.mark.parametrize(
    ("event", "audience"),
    [("invitation_expired", "inviter"), ("invitation_new_requested", "others"), ("invitation_declined", "inviter")],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_link_invitation_is_told_of_without_an_address(event: str, audience: str, locale: str) -> None:
    values = {**example_values(event, audience, locale), "invited_address": ""}
    mail = render(event, audience, locale=locale, values=values)
    assert "@" not in mail.text + re.sub(r"@media", "", mail.html)
    assert "link" in mail.text.lower()


def test_nobody_is_told_who_withdrew_an_invitation() -> None:
    """R35."""
    values = {**example_values("invitation_revoked", "invitee", "en"), "actor_name": "Jane Doe", "reason": "budget"}
    mail = render("invitation_revoked", "invitee", locale="en", values=values)
    assert "Jane" not in mail.subject + mail.text + mail.html
    assert "budget" not in mail.subject + mail.text + mail.html


@pytest.mark.parametrize(("event", "audience"), templates())
@pytest.mark.parametrize("locale", LOCALES)
def test_a_mail_carries_only_the_addresses_it_is_given(event: str, audience: str, locale: str) -> None:
    """R35."""
    values = example_values(event, audience, locale)
    mail = render(event, audience, locale=locale, values=values)
    given = {
        value for name, value in values.items() if name in {"invited_address", "new_address", "new_address_masked"}
    }
    told = re.findall(r"[\w*.+-]+@[\w-]+(?:\.[\w-]+)+", mail.subject + mail.text + Tags(mail.html).text)
    assert set(told) == given


@pytest.mark.parametrize(("event", "audience"), templates())
@pytest.mark.parametrize("attack", ATTACKS)
def test_typed_text_never_becomes_markup(event: str, audience: str, attack: str) -> None:
    """S27: whatever people type, the page has the same elements with the same attributes."""
    values = example_values(event, audience, "en")
    typed = values.keys() & {*NAMES, *QUOTED}
    golden = render(event, audience, locale="en", values={**values, **dict.fromkeys(typed, "any, text")})
    attacked = render(event, audience, locale="en", values={**values, **dict.fromkeys(typed, attack)})
    assert Tags(attacked.html).tags == Tags(golden.html).tags


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["inviter_name", "account_name", "message"])
def test_typed_text_stands_there_in_letters(name: str, attack: str) -> None:
    """S27, S28: neither HTML nor the template engine makes anything of it."""
    mail = invitation(**{name: attack})
    letters = attack.replace("https://evil.com", "https[:]//evil[.]com")
    if name in NAMES:
        letters = letters.replace('"', "'")  # a name does not end the quotation marks it stands in
    assert letters in " ".join(mail.text.replace("\n> ", " ").split())
    assert letters in " ".join(Tags(mail.html).text.split())


def test_line_breaks_and_control_characters_never_reach_the_subject() -> None:
    mail = invitation(inviter_name="Eve\r\nBcc: all@acme.org\x00", account_name="A\u2028B\x85C")
    assert mail.subject == "“Eve Bcc: all[at]acme[.]org” invites you to help manage “A B C”"


def test_the_subject_is_capped() -> None:
    mail = invitation(inviter_name="1 " * 100, account_name="Account " * 100, product_name="Cloud " * 50)
    assert len(mail.subject) <= 150
    assert mail.subject.isprintable()


def test_names_written_from_right_to_left_are_isolated() -> None:
    mail = invitation(inviter_name="محمد علي")
    assert "<bdi>محمد علي</bdi>" in mail.html
    assert "<bdi>" not in mail.subject + mail.text
    assert "<title>محمد علي invites" in mail.html


def test_a_reader_whose_name_is_no_name_is_greeted_without_it() -> None:
    values = {**example_values("manager_left", "person", "en"), "recipient_name": "Visit evil.com today"}
    assert render("manager_left", "person", locale="en", values=values).text.startswith("Hello,\n")


def test_a_person_without_a_name_is_not_left_out_of_the_sentence() -> None:
    values = {**example_values("manager_left", "others", "de"), "person_name": ""}
    assert render("manager_left", "others", locale="de", values=values).subject.startswith("(ohne Namen) hat ")


def test_a_removal_by_nobody_named_is_told_in_the_passive() -> None:
    values = {**example_values("manager_removed", "others", "en"), "actor_name": ""}
    assert "Sam Lee has been removed" in render("manager_removed", "others", locale="en", values=values).text


def test_an_address_that_is_none_is_treated_as_typed_text() -> None:
    values = {**example_values("invitation_expired", "inviter", "en"), "invited_address": "x <eve@evil.com>"}
    assert "x <eve[at]evil[.]com>" in render("invitation_expired", "inviter", locale="en", values=values).text


def test_the_support_is_named_where_its_address_is_known() -> None:
    values = example_values("manager_removed", "person", "en")
    with_it = render("manager_removed", "person", locale="en", values=values)
    without = render("manager_removed", "person", locale="en", values={**values, "support_url": None})
    for part in ("text", "html"):
        assert "https://support.example.com" in getattr(with_it, part)
        assert "https://support.example.com" not in getattr(without, part)


def test_a_value_that_nobody_classified_is_refused() -> None:
    """R27."""
    with pytest.raises(ValueError, match="nickname"):
        invitation(nickname="x")


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks portal_url, role"):
        render(
            "invitation_created",
            "invitee",
            locale="en",
            values={
                name: value
                for name, value in example_values("invitation_created", "invitee", "en").items()
                if name not in {"role", "portal_url"}
            },
        )


def test_a_mail_that_leads_to_the_support_is_refused_without_its_address() -> None:
    values = {**example_values("login_deactivated", "person", "en"), "support_url": None}
    with pytest.raises(ValueError, match="lacks support_url"):
        render("login_deactivated", "person", locale="en", values=values)


def test_a_mail_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError, match="invitation_created for others"):
        render("invitation_created", "others", locale="en", values={})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept_url", "javascript:alert(1)"),
        ("accept_url", "https://portal.example.com/ x"),
        ("accept_url", 'https://portal.example.com/"onclick='),
        ("accept_url", "https://portal.example.com/\r\n"),
        ("accept_url", ""),
        ("role", "owner"),
        ("expires_at", datetime(2026, 11, 28)),  # noqa: DTZ001 -- what is refused
    ],
)
def test_a_value_that_cannot_be_what_its_name_says_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"link|none of|time zone"):
        invitation(**{name: value})


@pytest.mark.parametrize(("name", "value"), [("message", 7), ("account_name", None), ("expires_at", "tomorrow")])
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(TypeError):
        invitation(**{name: value})
