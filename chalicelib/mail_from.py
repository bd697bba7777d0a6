"""The From of all mails: read once from what an operator typed, and written as mail servers want it."""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.utils import formataddr

import idna

from chalicelib.frozen import frozen

_FORM = re.compile(r'(?:(?P<name>"(?:[^"\\]|\\.)*"|[^<>@"][^<>@]*?)?\s*<(?P<inside>[^<>]*)>|(?P<bare>[^<>\s]*))')
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@.{{1,253}}$){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_ENCODED = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
_NEVER = {"Cc", "Cs", "Zl", "Zp"}
"""Control characters, halves of characters, and what breaks a line: nothing of it belongs into a header."""
_MOST_OF_A_LINE = 75


@frozen
class Sender:
    """Who mails are from: a name as people read it (empty for none), and an address with an ASCII domain."""

    name: str
    address: str

    @property
    def header(self) -> str:
        """As a From header says it: quoted where there are commas, as encoded words (RFC 2047) beyond ASCII."""
        if not self.name:
            return self.address
        if self.name.isascii():
            return formataddr((self.name, self.address))
        words = Header(self.name, "utf-8", maxlinelen=_MOST_OF_A_LINE).encode(linesep="")
        return f"{words} <{self.address}>"


def parsed(text: str) -> Sender:
    """Reads ``Name <address>`` or an address. A comma needs no quotation marks; `<`, `>` and `@` in a name do.

    Raises ValueError for everything else, with a text for whoever deploys.
    """
    said = text.strip(" ")
    form = _FORM.fullmatch(said)
    if form is None or any(unicodedata.category(each) in _NEVER for each in said):
        raise ValueError("must be an address, or Name <address>, in one line")
    address = _with_a_labels((form["bare"] if form["inside"] is None else form["inside"]).strip(" "))
    if _ADDRESS.fullmatch(address) is None:
        raise ValueError("must name one e-mail address")
    return Sender(_name(form["name"] or ""), address)


def _with_a_labels(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError as error:
        raise ValueError("has a domain that cannot be one") from error


def _name(said: str) -> str:
    """Without the quotation marks around it; a name that was encoded beforehand is read, so that it is not twice."""
    quoted = said.startswith('"')
    name = (re.sub(r"\\(.)", r"\1", said[1:-1]) if quoted else said).strip(" ")
    if _ENCODED.search(name) is None:
        return name
    try:
        decoded = str(make_header(decode_header(name))).strip(" ")
    except (HeaderParseError, LookupError, UnicodeError) as error:
        raise ValueError("has a name in an encoding that cannot be read") from error
    if any(unicodedata.category(each) in _NEVER for each in decoded) or _ENCODED.search(decoded):
        raise ValueError("has a name that is not one line of text")
    return decoded


def header(text: str) -> str:
    """The From header of what an operator typed; raises ValueError."""
    return parsed(text).header
