"""Normalises e-mail addresses, once, where they enter the process (R1)."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from chalicelib.domain.addresses import Address


class NotAnAddress(ValueError):
    """The text is not exactly one plain, deliverable-looking address."""


def normalised(text: str) -> Address:
    """Trim, NFC, A-label domain, case folded. No provider folding: ``a+1@x`` and ``a@x`` differ.

    Refuses everything but one bare address: display names, lists, quoted or non-ASCII local parts,
    control characters. Domains under ``.test`` pass: nobody can own one, and test stages need them.
    Raises NotAnAddress with a text for the person who typed it.
    """
    trimmed = unicodedata.normalize("NFC", text.strip(" "))
    try:
        checked = validate_email(trimmed, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        raise NotAnAddress(str(error)) from error
    return Address(f"{checked.local_part}@{checked.ascii_domain}".casefold())
