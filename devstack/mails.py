"""``python -m devstack.mails`` takes a picture of every mail, with believable values, into ``docs/mails``."""

import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from chalicelib.emails.render import LOCALES, render, templates
from chalicelib.emails.values import MAILS
from devstack.pictures import BROWSERS, running_browser

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "mails"
_TOKEN = "azEuaW52XzAxSkRCM1FGN1Y5WkMyRzhNSzRUNlcwUlhZLjE.q3Xv7mJt0bWcY1rN8sLdKfPzA5hUeGoTi2kVx9nQwE4"  # of nobody
_MESSAGES = {
    "en": "Hi Sam,\n\ncould you look after the invoices while I am on parental leave?\n"
    "Two sets of eyes are better anyway.\n\nThanks, Jane",
    "de": "Hallo Sam,\n\nkönntest du dich um die Rechnungen kümmern, während ich in Elternzeit bin?\n"
    "Vier Augen sehen ohnehin mehr.\n\nDanke, Jane",
}
_REASONS = {
    "en": "I have moved to another team. Please ask Priya.",
    "de": "Ich habe das Team gewechselt. Bitte frag Priya.",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is taken: the ending of its name, the width in pixels, light or dark, HTML or text."""

    ending: str = ""
    width: int = 640
    scheme: str = "light"
    as_text: bool = False


LOOKS = (Look(), Look("-dark", scheme="dark"), Look("-mobile", width=375), Look("-text", width=720, as_text=True))


def example_values(event: str, audience: str, locale: str) -> dict[str, object]:
    """Believable values for one mail."""
    every: dict[str, object] = {
        "recipient_name": "" if audience == "invitee" else "Alex Kim",
        "account_name": "Brightwater Logistics",
        "product_name": "Example Cloud",
        "portal_url": "https://portal.example.com",
        "support_url": "https://support.example.com",
    }
    more: dict[str, object] = {
        "inviter_name": "Jane Doe",
        "person_name": "Sam Lee",
        "actor_name": "Jane Doe",
        "contact_name": "Alex Kim" if audience == "person" else "Sam Lee",
        "role": "manager",
        "role_before": "manager",
        "role_after": "admin",
        "kind": "email",
        "accept_url": f"https://portal.example.com/invitations#{_TOKEN}",
        "invitations_url": "https://portal.example.com/invitations",
        "expires_at": datetime(2026, 11, 28, 14, 5, tzinfo=UTC),
        "message": _MESSAGES[locale],
        "reason": _REASONS[locale],
        "invited_address": "sam.lee@example.org",
        "bounce_reason": "smtp; 550 5.1.1 user unknown",
        "part": "sold_to",
        "refusal": "Cannot update a cancelled account",
        "new_address": "alex.kim@example.org",
        "new_address_masked": "a***@example.org",
        "former_name": "Jane Doe",
        "role_now": "admin",
        "is_chosen": True,
    }
    return every | {name: more[name] for name in MAILS[event, audience] if name not in every}


def main() -> int:
    """Takes all pictures; returns the exit code."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        print(f"No browser to take pictures with: none of {', '.join(BROWSERS)} is on PATH.", file=sys.stderr)
        return 1
    with running_browser(executable) as browser:
        for locale in LOCALES:
            shutil.rmtree(PICTURES / locale, ignore_errors=True)
            (PICTURES / locale).mkdir(parents=True)
            for event, audience in templates():
                mail = render(event, audience, locale=locale, values=example_values(event, audience, locale))
                for look in LOOKS if (event, audience) == ("invitation_created", "invitee") else LOOKS[:1]:
                    picture = PICTURES / locale / f"{event}-{audience}{look.ending}.png"
                    page = _as_page(mail.text) if look.as_text else mail.html
                    picture.write_bytes(browser.picture(page, width=look.width, scheme=look.scheme))
    taken = list(PICTURES.glob("*/*.png"))
    print(f"{len(taken)} pictures in {PICTURES} ({sum(file.stat().st_size for file in taken) / 1e6:.1f} MB)")
    return 0


def _as_page(text: str) -> str:
    style = "margin:24px;font:14px/1.4 monospace;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<!doctype html><body style="margin:0"><pre style="{style}">{escape(text)}</pre>'


if __name__ == "__main__":
    sys.exit(main())
