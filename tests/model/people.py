"""Who appears in the runs of the machine, how their addresses are typed, and how a token is forged."""

import base64
from collections.abc import Mapping

from tests.model.state import Caller

OLGA = Caller("olga", "olga@acme.example")
CARL = Caller("carl", "carl@acme.example")
CARL_AT_HOME = Caller("carl", "carl@home.example")  # the same sign-in after its address was changed there
CARL_PLUS_ONE = Caller("carl-plus-one", "carl+1@acme.example")  # somebody else (R1)
UDO = Caller("udo", "udo@xn--bcher-kva.example")
EVE = Caller("eve", "eve@evil.example")
OLGA_ELSEWHERE = Caller("olga-elsewhere", "olga@acme.example")  # her address, but another sign-in (R2, S3)

EVERYBODY = (OLGA, CARL, UDO, CARL_PLUS_ONE, EVE, CARL_AT_HOME, OLGA_ELSEWHERE)
ADDRESSES = tuple(dict.fromkeys(each.address for each in EVERYBODY))
FORGERIES = ("generation", "account", "mac", "half")
SPELLINGS = ("plain", "shouted", "spaced", "unicode")

_UNICODE: Mapping[str, str] = {"xn--bcher-kva.example": "Bücher.example"}


def spelled(address: str, how: str) -> str:
    """The same address as somebody else would type it (R1)."""
    local, _, domain = address.partition("@")
    if how == "unicode":
        return f"{local}@{_UNICODE.get(domain, domain)}"
    return {"plain": address, "shouted": address.upper(), "spaced": f"  {address} "}[how]


def forged(token: str, how: str) -> str:
    """Nearly the same token: for a later link, for another account, with another MAC, or only half of it."""
    payload, _, mac = token.partition(".")
    if how == "mac":
        return f"{payload}.{'B' if mac[0] == 'A' else 'A'}{mac[1:]}"
    if how == "half":
        return payload
    fields = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).split(b"|")
    if how == "generation":
        fields[3] = b"%d" % (int(fields[3]) + 1)
    else:
        fields[1] = fields[1][:-1] + (b"1" if fields[1].endswith(b"0") else b"0")
    return f"{base64.urlsafe_b64encode(b'|'.join(fields)).rstrip(b'=').decode()}.{mac}"
