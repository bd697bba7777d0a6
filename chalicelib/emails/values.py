"""Says which values each mail takes, which of them people typed, and how each may be shown (R27)."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from html import escape

from chalicelib.emails import untrusted_text
from chalicelib.emails.languages import Language
from chalicelib.emails.posing import poses
from chalicelib.frozen import frozen

Shape = Callable[[object, Language], object]

_INVITATION = ("inviter_name", "role", "accept_url", "expires_at", "message")
_EVERY_MAIL = ("recipient_name", "account_name", "product_name", "portal_url")
_OPTIONAL: Mapping[str, object] = {"support_url": None}  # the footer names the support where there is an address for it

MAILS: Mapping[tuple[str, str], tuple[str, ...]] = {  # (event, audience): the values beside those of every mail
    ("invitation_created", "invitee"): _INVITATION,
    ("invitation_resent", "invitee"): _INVITATION,
    ("invitation_reminded", "invitee"): _INVITATION,
    ("invitation_accepted", "person"): ("role",),
    ("invitation_accepted", "others"): ("person_name", "role", "kind", "inviter_name"),
    ("invitation_declined", "inviter"): ("invited_address", "reason"),
    ("invitation_expired", "inviter"): ("invited_address", "invitations_url"),
    ("invitation_bounced", "inviter"): ("invited_address", "bounce_reason"),
    ("invitation_revoked", "invitee"): (),
    ("invitation_new_requested", "others"): ("invited_address", "invitations_url"),
    ("manager_removed", "person"): (),
    ("manager_removed", "others"): ("person_name", "actor_name"),
    ("manager_left", "person"): (),
    ("manager_left", "others"): ("person_name",),
    ("membership_granted", "person"): ("role",),
    ("membership_granted", "others"): ("person_name", "role"),
    ("role_changed", "person"): ("role_before", "role_after"),
    ("role_changed", "others"): ("person_name", "role_before", "role_after", "actor_name"),
    ("sold_to_changed", "person"): ("contact_name",),
    ("sold_to_changed", "others"): ("contact_name",),
    ("bill_to_changed", "person"): ("contact_name",),
    ("bill_to_changed", "others"): ("contact_name",),
    ("contact_sync_failed", "chooser"): ("contact_name", "part", "refusal"),
    ("transfer_completed", "new_owner"): ("role",),
    ("transfer_completed", "old_owner"): (),
    ("transfer_completed", "others"): ("person_name", "former_name", "role_now"),
    ("transfer_stopped", "new_owner"): ("role", "is_chosen"),
    ("transfer_stopped", "old_owner"): ("person_name", "role_now", "is_chosen"),
    ("transfer_stopped", "others"): ("person_name", "role_now", "is_chosen"),
    ("login_deactivated", "person"): ("support_url",),
    ("login_reactivated", "person"): ("support_url",),
    ("email_changed", "old"): ("new_address_masked", "support_url"),
    ("email_changed", "new"): ("new_address", "support_url"),
}


@frozen
class Named:
    """A name that somebody typed, and what stands beside it when it could pass for ours: an address, or a number.

    ``beside`` is asked only then, and where there is no name.
    """

    name: str
    beside: Callable[[], str]


class IsolatedText(str):
    """A typed line; HTML isolates it, so that its writing direction stays its own."""

    __slots__ = ()

    def __html__(self) -> str:
        """What the template engine puts into HTML for it."""
        return f"<bdi>{escape(str(self))}</bdi>"


def safe_values(
    event: str, audience: str, values: Mapping[str, object], language: Language, *, in_subject: bool = False
) -> dict[str, object]:
    """The values as a template may show them; a name that poses as us is quoted, and in no subject (R27).

    Refuses with ``LookupError`` a mail that does not exist, with ``ValueError`` a value that is missing, has no
    place in ``SHAPES`` or cannot be what its name says, with ``TypeError`` one of the wrong type.
    """
    if (event, audience) not in MAILS:
        raise LookupError(f"there is no mail about {event} for {audience}")
    if unknown := sorted(values.keys() - FORMATTERS.keys()):
        raise ValueError(f"not classified, so not shown: {', '.join(unknown)}")
    given = {name: value for name, value in values.items() if name not in _OPTIONAL or value is not None}
    if missing := sorted({*_EVERY_MAIL, *MAILS[event, audience]} - given.keys()):
        raise ValueError(f"the mail about {event} for {audience} lacks {', '.join(missing)}")
    product_name = str(given["product_name"])
    shown: dict[str, object] = {}
    for name, value in {**_OPTIONAL, **given}.items():
        if name in _NAMES:
            shown[name] = _name(name, value, language, product_name, in_subject=in_subject)
        else:
            shown[name] = FORMATTERS[name](value, language)
    return shown


def _name(name: str, value: object, language: Language, product_name: str, *, in_subject: bool) -> IsolatedText:
    """A name as its shape has it; one that poses as us as ``_NAMES`` says instead."""
    named = value if isinstance(value, Named) else Named(_text(value), str)
    if not named.name.strip():
        beside = _address(named.beside(), language, limit=254)
        return IsolatedText(beside) if beside else IsolatedText(FORMATTERS[name](named.name, language))
    if not poses(named.name, product_name):
        return IsolatedText(FORMATTERS[name](named.name, language))
    beside = _address(named.beside(), language, limit=254)
    in_its_place = _NAMES[name](language, beside)
    if in_subject or in_its_place is None or not beside:
        return IsolatedText(in_its_place or "")
    return IsolatedText(f"{untrusted_text.label(named.name, limit=60, quotes=language.quotes)} ({beside})")


def _greeted(value: object, _language: Language, *, limit: int) -> IsolatedText:
    """The reader's own name; none at all when it is not plainly a name."""
    name = untrusted_text.shown(_text(value), limit=limit)
    return IsolatedText(name if untrusted_text.is_plain_name(name) else "")


def _acting(value: object, language: Language, *, limit: int) -> IsolatedText:
    """Who did it; empty when that is not to be said, and the sentence does without."""
    return IsolatedText(untrusted_text.person(_text(value), limit=limit, quotes=language.quotes))


def _person(value: object, language: Language, *, limit: int) -> IsolatedText:
    return IsolatedText(_acting(value, language, limit=limit) or language.nameless)


def _label(value: object, language: Language, *, limit: int) -> IsolatedText:
    return IsolatedText(untrusted_text.label(_text(value), limit=limit, quotes=language.quotes) or language.nameless)


def _quotation(value: object, _language: Language, *, limit: int) -> tuple[IsolatedText, ...]:
    return () if value is None else tuple(map(IsolatedText, untrusted_text.message_lines(_text(value), limit=limit)))


def _address(value: object, _language: Language, *, limit: int) -> str:
    """An e-mail address, maybe masked; what does not look like one is treated as any typed text."""
    line = untrusted_text.one_line(_text(value), limit=limit)
    return line if not line or _ADDRESS.fullmatch(line) else untrusted_text.shown(line, limit=limit)


def _url(value: object, _language: Language) -> str:
    if not _URL.fullmatch(_text(value)):
        raise ValueError("a link in a mail starts with https:// and has no white space or quotation marks")
    return _text(value)


def _support(value: object, language: Language) -> str | None:
    return None if value is None else _url(value, language)


def _one_of(value: object, _language: Language, *, allowed: frozenset[str]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(sorted(allowed))}")
    return str(value)


def _part(value: object, _language: Language) -> str:
    """What the trade calls it, in every language."""
    return {"sold_to": "Sold To", "bill_to": "Bill To"}[_text(value)]


def _flag(value: object, _language: Language) -> bool:
    if not isinstance(value, bool):
        raise TypeError("yes or no expected")
    return value


def _moment(value: object, language: Language) -> str | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError("a moment is a datetime or None")
    return language.written_out(value)


def _ours(value: object, _language: Language) -> str:
    return untrusted_text.one_line(_text(value), limit=60)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value


_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE | re.ASCII)
_URL = re.compile(r"https?://[!#-&(-;=?-\[\]_a-z~]+")  # http is for the local stack
_ROLES = frozenset({"admin", "manager", "viewer"})
_ROLE = partial(_one_of, allowed=_ROLES)

_NAMES: Mapping[str, Callable[[Language, str], str | None]] = {
    # what stands instead of a name that poses as us, in subjects and where nothing can stand beside it
    "recipient_name": lambda _language, _beside: None,  # nowhere: the greeting does without
    "inviter_name": lambda _language, _beside: "",
    "actor_name": lambda _language, _beside: "",
    "person_name": lambda language, _beside: language.somebody,
    "former_name": lambda language, _beside: language.somebody,
    "contact_name": lambda language, _beside: language.somebody,
    "account_name": lambda language, beside: (
        untrusted_text.label(beside, limit=60, quotes=language.quotes) or language.nameless
    ),
}

FORMATTERS: Mapping[str, Shape] = {
    # typed by people, or taken over from strangers' programs: R27 applies, here and nowhere else
    "recipient_name": partial(_greeted, limit=60),
    "inviter_name": partial(_acting, limit=60),
    "actor_name": partial(_acting, limit=60),
    "person_name": partial(_person, limit=60),
    "former_name": partial(_person, limit=60),
    "contact_name": partial(_person, limit=60),
    "account_name": partial(_label, limit=60),
    "message": partial(_quotation, limit=1000),
    "reason": partial(_quotation, limit=500),
    "bounce_reason": partial(_quotation, limit=300),
    "refusal": partial(_quotation, limit=300),
    "invited_address": partial(_address, limit=254),
    "new_address": partial(_address, limit=254),
    "new_address_masked": partial(_address, limit=254),
    # ours
    "product_name": _ours,
    "accept_url": _url,
    "portal_url": _url,
    "invitations_url": _url,
    "support_url": _support,
    "expires_at": _moment,
    "role": _ROLE,
    "role_now": partial(_one_of, allowed=_ROLES | {""}),
    "is_chosen": _flag,
    "role_before": _ROLE,
    "role_after": _ROLE,
    "part": _part,
    "kind": partial(_one_of, allowed=frozenset({"email", "link"})),
}
