"""Secrets Manager is down while the workers run: their messages wait, and are processed when it is back (I7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import EndpointConnectionError

from chalicelib import wiring
from chalicelib.clients.secrets import Secrets
from tests.api.invitations.aws import given_back
from tests.contract import ses_samples
from tests.flows.two_manager_case import Case


class Away:
    """Secrets Manager, which cannot be reached."""

    def get_secret_value(self, **_named: str) -> Any:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether Secrets Manager is down; every use of a secret is that of a new process."""
    away = [False]
    monkeypatch.setattr(wiring, "secrets", lambda: Secrets(Away() if away[0] else boto3.client("secretsmanager")))
    return away


def test_a_mail_waits_for_the_key_of_its_link(case: Case, switch: list[bool]) -> None:
    """I7, R25: nothing is sent, nothing is given up, and afterwards it is sent once."""
    before = len(case.world.ses.sent)
    assert case.invite().status == 201
    switch[0] = True
    case.world.pipeline.drain()
    assert len(case.world.ses.sent) == before
    switch[0] = False
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1)):
        case.world.pipeline.drain()
    assert [mail.to for mail in case.world.ses.sent[before:]] == ["dave@acme.example"]


def test_feedback_waits_for_the_pseudonym_key(case: Case, switch: list[bool]) -> None:
    """R25: for a mail without the pseudonym itself; the message is redelivered, and processed then."""
    invitation_id, _ = case.invited()
    tags = {name: value for name, value in case.world.ses.sent[-1].tags.items() if name != "recipient"}
    bounce = ses_samples.about("bounce-permanent", tags)
    switch[0] = True
    assert given_back(bounce) == [bounce]
    switch[0] = False
    assert given_back(bounce) == []
    shown = case.world.ok("GET", f"{case.path}/invitations/{invitation_id}", case.olga)
    assert shown["delivery"]["state"] == "bounced"
