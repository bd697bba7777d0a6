"""I6: no token, link or secret anywhere, and no address where only ids belong."""

import base64
import re
from collections.abc import Collection, Iterator, Mapping

from chalicelib.domain import tokens
from chalicelib.domain.tokens import Claim, KeyRing
from tests.table_dump import Dump, Tables, texts

_LOOKS_LIKE_A_TOKEN = re.compile(r"([A-Za-z0-9_-]{20,})\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_LINK = re.compile(r"/invitations#\S")
_IDS_ONLY = ("History", "Deliveries", "Idempotency", "Limits")


def found(read: Dump, tables: Tables, others: Collection[str], keys: Mapping[str, str]) -> list[str]:
    """What must not be in the tables or in the other texts. ``keys`` is the secret with the token keys."""
    said = {name: [text for item in items for text in texts(item)] for name, items in tables.items()}
    said["elsewhere"] = list(others)
    return [*_tokens(read, said, keys), *_addresses(read, tables)]


def _tokens(read: Dump, said: Mapping[str, Collection[str]], keys: Mapping[str, str]) -> Iterator[str]:
    secret = set(_macs(read, keys)) | {key for name, key in keys.items() if name != "current"}
    for place, each in said.items():
        whole = "\n".join(each)
        if any(_is_token(match[1]) for match in _LOOKS_LIKE_A_TOKEN.finditer(whole)):
            yield f"I6: a token stands in {place}"
        if _LINK.search(whole):
            yield f"I6: a link stands in {place}"
        if any(text in whole for text in secret):
            yield f"I6: a key or the MAC of a token stands in {place}"


def _macs(read: Dump, keys: Mapping[str, str]) -> Iterator[str]:
    """The second half of every token that there could be, of this stage."""
    ring = KeyRing("local", keys["current"], {name: key.encode() for name, key in keys.items() if name != "current"})
    for (account_id, invitation_id), it in read.invitations.items():
        for key_id in ring.keys:
            for generation in range(1, int(it["generation"]) + 1):
                token = tokens.make(ring, Claim(key_id, account_id, invitation_id, generation))
                yield token.partition(".")[2]


def _is_token(payload: str) -> bool:
    decoded = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return b"|acc_" in decoded or b"|inv_" in decoded


def _addresses(read: Dump, tables: Tables) -> Iterator[str]:
    """Events, deliveries and remembered requests carry ids; support alone is named, as the actor.

    The address that a goodbye goes to, which nothing else has any more, is what its note is for.
    """
    things = [*read.customers.values(), *read.invitations.values()]
    addresses = {str(it["address"]) for it in things if "address" in it}
    for name in _IDS_ONLY:
        for item in tables[name]:
            if item.get("delivery_id", {}).get("S", "").endswith("#recipient"):
                continue
            whole = "\n".join(texts({each: value for each, value in item.items() if each != "actor"}))
            if any(address in whole for address in addresses):
                yield f"I6: an address stands in {name}: {sorted(item)}"
