"""The whole walkthrough, and what is where while the stack is up."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from devstack.demo import tell
from devstack.demo.narrator import Narrator
from devstack.portal import Portal, token_in
from devstack.stack import Stack
from tests.e2e.http_client import company, eventually, invite, send

FIELDS = {"api_url", "aws_endpoint_url", "zuora_url", "issuer_url", "portal_url", "region", "stack_name",
          "zuora_client_id", "zuora_client_secret"}  # fmt: skip


def test_every_step_of_the_demo_does_what_it_should(portal: Portal) -> None:
    """R15, R16, R21, R30, R31, R32, R35, R40, R50: the steps of ``make demo``."""
    tell(Narrator(portal))


def test_stack_json_describes_the_running_stack(stack: Stack, stack_folder: Path) -> None:
    """Its fields are the documented ones, and its process id; every address is on 127.0.0.1."""
    said = json.loads((stack_folder / "stack.json").read_text())

    assert said.pop("pid") == os.getpid()
    assert said == stack.described
    assert said.keys() == FIELDS
    assert {urlsplit(value).hostname for name, value in said.items() if name.endswith("_url")} == {"127.0.0.1"}


def test_the_served_description_is_the_one_of_the_code(stack: Stack) -> None:
    """GET /openapi.json; a guard checks docs/openapi.json against the same code."""
    served = send(stack, "GET", "/openapi.json")

    assert served.status == 200
    assert served.headers["content-type"] == "application/json"
    assert served.json["openapi"] == "3.1.0"
    assert "/v1/invitations/accept" in served.json["paths"]


def test_clicks_at_the_same_moment_make_one_manager_and_one_welcome(portal: Portal) -> None:
    """S9, R16: four times at once through the gateway: one 201, the rest 200, one mail to each (I7)."""
    home = company(portal)
    newcomer, _ = invite(portal, home, "newcomer")
    token = token_in(portal.wait_for_mail(newcomer.email, number=1))

    with ThreadPoolExecutor(4) as clicks:
        made = [clicks.submit(send, portal.stack, "POST", "/v1/invitations/accept", who=newcomer,
                              body={"token": token}) for _ in range(4)]  # fmt: skip
        answers = [each.result() for each in made]

    assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
    assert len({answer.body for answer in answers}) == 1
    portal.wait_for_mail(newcomer.email, number=2)
    portal.wait_for_mail(home.owner.email, number=1)
    eventually(lambda: _quiet(portal.stack), "the mail queue is empty")
    assert len(portal.mails(newcomer.email)) == 2
    assert len(portal.mails(home.owner.email)) == 1


def _quiet(stack: Stack) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queue = stack.aws.client("sqs")
    found = queue.get_queue_attributes(QueueUrl=stack.outputs["EmailQueueUrl"], AttributeNames=names)["Attributes"]
    return all(found[name] == "0" for name in names)


def test_no_log_carries_a_token_or_an_address(portal: Portal) -> None:
    """S16, I6: after an invitation was made, mailed, tried by a stranger, accepted and refused."""
    home = company(portal)
    newcomer, _ = invite(portal, home, "newcomer")
    token = token_in(portal.wait_for_mail(newcomer.email, number=1))
    stranger = portal.sign_in("Eve Elsewhere", f"eve@{home.domain}")
    for who, status in ((stranger, 403), (newcomer, 201), (stranger, 410)):
        assert send(portal.stack, "POST", "/v1/invitations/accept", who=who, body={"token": token}).status == status
    send(portal.stack, "POST", "/v1/invitations/preview", raw=f'{{"token": "{token}'.encode())
    portal.wait_for_mail(home.owner.email, number=1)

    logs = portal.stack.aws.client("logs")
    groups = [
        group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    ]
    lines = [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    ]
    assert sum("request_id" in line for line in lines) > 5
    for secret in (token, token.partition(".")[2], home.domain, home.owner.token, "Olga"):
        assert not [line for line in lines if secret in line], secret
