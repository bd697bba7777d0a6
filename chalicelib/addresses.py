"""Normalises e-mail addresses, once, where they enter the process (R1)."""

import idna
from email_validator import EmailNotValidError, validate_email

from chalicelib.domain.addresses import Address


class NotAnAddress(ValueError):
    """The text is not exactly one plain, deliverable-looking address."""


def normalised(text: str) -> Address:
    """Trim, NFC, A-label domain, case folded. No provider folding: ``a+1@x`` and ``a@x`` differ.

    Refuses everything but one bare address: display names, lists, quoted, non-ASCII or too long (over
    64 characters) local parts, control characters. Domains under ``.test`` pass: nobody can own one, and
    test stages need them.
    Raises NotAnAddress with a text for the person who typed it.
    """
    trimmed = text.strip(" ")  # NFC comes after the check: it would make a plain K of the Kelvin sign before the @
    try:
        checked = validate_email(
            trimmed, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise NotAnAddress(str(error)) from error
    return Address(f"{checked.local_part}@{checked.ascii_domain}".casefold())


def address_in(text: str) -> Address | None:
    """The text as an address; None if it is none."""
    try:
        return normalised(text)
    except NotAnAddress:
        return None


def as_kept(part: str) -> str:
    """A part of an address, with the labels of its domain as addresses are kept: A-labels. Local parts are ASCII.

    What is no whole label of a domain stays as it is.
    """
    local, at, domain = part.rpartition("@")
    return f"{local}{at}{'.'.join(_a_label(label) for label in domain.split('.'))}"


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.encode(label.strip(), uts46=True).decode("ascii")
    except idna.IDNAError:
        return label
