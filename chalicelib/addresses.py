"""Normalises e-mail addresses, once, where they enter the process (R1)."""

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
