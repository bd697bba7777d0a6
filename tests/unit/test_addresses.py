"""R1: one spelling for each address, and nothing but addresses."""
# ruff: noqa: RUF001 -- look-alikes are the subject

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.addresses import NotAnAddress, normalised
from chalicelib.domain.addresses import masked

DOMAINS = st.sampled_from(
    ["acme.example", "ACME.Example", "gıthub.com", "münchen.de", "MÜNCHEN.de", "straße.de", "例え.jp", "portal.test"]
)
LOCAL_PARTS = st.text(
    alphabet="abcxyzABCXYZ0189.+_-%'", min_size=1, max_size=20
)  # mostly good ones, with dots in wrong places too
PIECES = st.sampled_from([*"@.,;<>()[]\"' \t\r\n+-%\x00\u200b\u202e＠．é", "a", "carl", "acme.example", "xn--"])
TYPED = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join), st.emails())


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("carl@acme.example", "carl@acme.example"),
        ("  carl@acme.example ", "carl@acme.example"),
        ("Carl@ACME.Example", "carl@acme.example"),
        ("CARL@acme.example", "carl@acme.example"),
        ("carl@münchen.de", "carl@xn--mnchen-3ya.de"),
        ("carl@MÜNCHEN.de", "carl@xn--mnchen-3ya.de"),
        ("carl@mu\u0308nchen.de", "carl@xn--mnchen-3ya.de"),
        ("carl@XN--MNCHEN-3YA.de", "carl@xn--mnchen-3ya.de"),
        ("carl@acme。example", "carl@acme.example"),
        ("carl@portal.test", "carl@portal.test"),
        ("o'neill@acme.example", "o'neill@acme.example"),
    ],
)
def test_every_spelling_of_an_address_is_the_same_address(typed: str, address: str) -> None:
    """R1, S30: trimmed, NFC, A-label domain, case folded."""
    assert normalised(typed) == address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("carl+1@acme.example", "carl@acme.example"),
        ("c.arl@gmail.com", "carl@gmail.com"),
        ("carl@googlemail.com", "carl@gmail.com"),
        ("mike@gıthub.com", "mike@github.com"),
        ("carl@аcme.example", "carl@acme.example"),
        ("carl@straße.de", "carl@strasse.de"),
    ],
    ids=["tag", "dots", "provider", "dotless i", "cyrillic a", "sharp s"],
)
def test_different_mailboxes_stay_different(one: str, other: str) -> None:
    """R1, S31: no provider folding, and a look-alike domain is another domain."""
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "carl", "@", "@acme.example", "carl@", "carl@acme", "carl@localhost", "carl@@acme.example",
        "a@x.co,b@y.co", "a@x.co;b@y.co", "a@x.co b@y.co", "a@x.co, b@y.co", "a@x.co\nb@y.co", "a@x.co%2Cb@y.co",
        "Eve <a@x.co>", "<a@x.co>", '"Eve" <a@x.co>', "a@x.co (Eve)", "mailto:a@x.co", "a@x.co?cc=b@y.co",
        "a@x.co\r\nBcc: b@y.co", "a@x.co\r", "\na@x.co", "a\t@x.co", "a@x.co\x00", "a\u200b@x.co", "a@x.co\u202e",
        '"a b"@x.co', '"a@y.co"@x.co', '"a\\"b"@x.co', "a@[127.0.0.1]", "a@127.0.0.1", "a..b@x.co", ".a@x.co",
        "a.@x.co", "victim＠x.com@evil.co", "victim＠x.com", "mıke@github.com", "café@x.co", "a@x..co", "a@-x.co",
        "a@x_y.co", "x" * 65 + "@x.co", "a@" + "x" * 64 + ".co", "a@" + ".".join(["x" * 60] * 5) + ".co",
    ],
)  # fmt: skip
def test_nothing_but_one_plain_address_passes(typed: str) -> None:
    """R1, S26: no lists, no display names, no line breaks, no quoted or foreign local parts."""
    with pytest.raises(NotAnAddress) as refused:
        normalised(typed)
    assert str(refused.value)


@given(local=LOCAL_PARTS, domain=DOMAINS)
def test_normalising_twice_is_the_same_as_once(local: str, domain: str) -> None:
    """R1."""
    try:
        once = normalised(f"{local}@{domain}")
    except NotAnAddress:
        assume(False)  # noqa: FBT003 -- hypothesis
    assert normalised(once) == once
    assert normalised(f" {local.swapcase()}@{domain} ") == once


@given(typed=TYPED)
def test_whatever_passes_is_exactly_one_recipient(typed: str) -> None:
    """R1, S26: what comes out can stand in a To without meaning anything else."""
    try:
        address = normalised(typed)
    except NotAnAddress:
        return
    assert address.count("@") == 1
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(' ,;<>()[]":\\')
    assert len(address) <= 254
    assert address == normalised(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("carl@acme.example", "c***@acme.example"), ("c@acme.example", "c***@acme.example"), ("@x", "***@x")],
)
def test_a_masked_address_shows_one_letter_and_the_domain(address: str, shown: str) -> None:
    """R15: nothing of the name and not even its length."""
    assert masked(address) == shown
