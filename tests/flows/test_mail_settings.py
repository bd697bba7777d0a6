"""Whom the mails are from, and where SES tells what became of them."""

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.ses import SentMail
from tests.world import fresh_world

SENDER = "Acme Billing <mails@acme.example>"


@pytest.mark.parametrize("configuration_set", ["mail-feedback", None])
def test_mails_are_sent_as_the_settings_say(
    issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch, configuration_set: str | None
) -> None:
    """R25: from the address that is set; without the configuration set that is set, SES would tell us nothing."""
    overrides = {"MAIL_FROM": SENDER, "MAIL_CONFIGURATION_SET": configuration_set or ""}
    with fresh_world(issuer, zuora_server, monkeypatch, **overrides) as world:
        olga = world.person("olga@acme.example")
        world.invite(olga, world.account(olga), "dave@acme.example")
        world.pipeline.drain()
        mails: list[SentMail] = world.mails_to("dave@acme.example")
    assert [(mail.sender, mail.configuration_set) for mail in mails] == [(SENDER, configuration_set)]
