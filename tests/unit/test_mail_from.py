"""The From of all mails: read from what an operator typed, and written so that every mail server reads it again."""

from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import mail_from
from chalicelib.mail_from import Sender

ADDRESS = "billing@portal.example"
NAMES = [
    "Example Portal", "Acme, Inc.", "Käse & Söhne GmbH", "株式会社", 'The "Best" Portal', "Back\\slash", "A <B> C",
    "semi; colon: dot.", "o'Neill (billing)", "sales@acme", "ÄÖÜ, " * 30, "=?utf-8?q?", "a" * 200, "Zoë 🧀",
]  # fmt: skip


def read_again(header: str) -> tuple[str, str]:
    """Name and address as a mail program reads them."""
    name, address = parseaddr(header)
    return str(make_header(decode_header(name))), address


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_was_typed_in_a_header_that_is_ascii(name: str) -> None:
    """R25: a comma or an umlaut in the name made every mail fail."""
    sender = mail_from.parsed(f"{quoted(name)} <{ADDRESS}>")
    assert sender == Sender(name.strip(), ADDRESS)
    assert sender.header.isascii()
    assert read_again(sender.header) == (sender.name, ADDRESS)
    assert all(len(word) <= 75 for word in sender.header.split(" ") if word.startswith("=?"))


@given(name=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120))
@example(name="a, b")
@example(name="ü" * 100)
def test_every_name_arrives_as_it_was_typed(name: str) -> None:
    """R25: whatever it is, as long as it is one line; blanks at its ends do not count."""
    try:
        sender = mail_from.parsed(f"{quoted(name)} <{ADDRESS}>")
    except ValueError:
        assert "=?" in name  # what looks encoded and is not
        return
    assert sender.header.isascii()
    assert mail_from.parsed(sender.header) == sender
    if "=?" not in name:
        assert read_again(sender.header)[0].split() == name.split()
        assert sender.name == name.strip(" ")


@pytest.mark.parametrize(
    ("typed", "sender"),
    [
        (ADDRESS, Sender("", ADDRESS)),
        (f"<{ADDRESS}>", Sender("", ADDRESS)),
        (f"  Example Portal   <{ADDRESS}> ", Sender("Example Portal", ADDRESS)),
        (f"Acme, Inc. <{ADDRESS}>", Sender("Acme, Inc.", ADDRESS)),
        (f"Käse<{ADDRESS}>", Sender("Käse", ADDRESS)),
        (f"=?utf-8?q?K=C3=A4se?= <{ADDRESS}>", Sender("Käse", ADDRESS)),
        ("Portal <Billing@portal.example>", Sender("Portal", "Billing@portal.example")),
        ("Portal <billing@käse.example>", Sender("Portal", "billing@xn--kse-qla.example")),
    ],
)
def test_it_is_read_as_people_type_it(typed: str, sender: Sender) -> None:
    assert mail_from.parsed(typed) == sender


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "Example Portal", "Portal <>", "Portal <billing>", "Portal <billing@>", "Portal <@portal.example>",
        "Portal <billing@portal>", "billing@portal.example, other@portal.example", f"A <b@c.example>, D <{ADDRESS}>",
        f"Portal <{ADDRESS}", f"Portal {ADDRESS}>", f"Portal <{ADDRESS}> x", f"A <B> <{ADDRESS}>",
        f'"Portal <{ADDRESS}>',
        f"b@c.example <{ADDRESS}>", f"Portal\r\nBcc: eve@evil.example <{ADDRESS}>", f"Por\ntal <{ADDRESS}>",
        f'"Por\x00tal" <{ADDRESS}>', f'"Por\u2028tal" <{ADDRESS}>', "Portal <bill ing@portal.example>",
        "Portal <billing@por tal.example>", "Portal <käse@portal.example>", "Portal <.billing@portal.example>",
        "Portal <billing@-portal.example>", "Portal <billing@\u200bä..example>", f"Portal <{'a' * 65}@portal.example>",
        f"=?utf-8?q?Portal=0D=0ABcc?= <{ADDRESS}>", f"=?martian?q?Portal?= <{ADDRESS}>", f'"Por\ud83dtal" <{ADDRESS}>',
    ],
)  # fmt: skip
def test_what_is_no_sender_is_refused(typed: str) -> None:
    """R25: at the start, and not by SES with every mail."""
    with pytest.raises(ValueError, match=r"^(must|has a (name|domain))"):
        mail_from.parsed(typed)
