"""The IAM policies, as written: each function has its own, with named actions and resources."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.package import ROOT
from tests.guards.test_template import mentions

FOLDER = ROOT / ".chalice"
POLICIES = sorted(FOLDER.glob("policy-*.json"))

WIDE = {
    (
        "ListStreams",
        "dynamodb:ListStreams",
    ): "AWS authorises it for no single stream; it gives names away and no records",
    ("WriteLogs", "logs:CreateLogStream"): "CloudFormation makes up the names of functions; only Lambda's groups",
    ("WriteLogs", "logs:PutLogEvents"): "the same",
    (
        "SendMail",
        "ses:SendEmail",
    ): "in the local stack only, which authorises it for no identity; see docs/operations.md",
}
"""Statements whose resource has a wildcard, with the reason; every other one names exactly what it means."""

each_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)


def statements(policy: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(policy.read_text())["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(each)


def test_every_function_has_a_policy_of_its_own(template: dict[str, Any]) -> None:
    """A function without one would get the API's, and a file without a function is a mistake."""
    stage = json.loads((FOLDER / "config.json").read_text())["stages"]["service"]
    named = {name: each.get("iam_policy_file") for name, each in stage["lambda_functions"].items()}
    named["api_handler"] = named["api_handler"] or stage["iam_policy_file"]
    functions = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::Serverless::Function"]

    assert len(named) == len(functions)
    assert None not in named.values()
    assert sorted(named.values()) == [path.name for path in POLICIES]


@each_policy
def test_every_action_is_named_in_full(policy: Path) -> None:
    for statement in statements(policy):
        assert statement["Effect"] == "Allow"
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        for action in listed(statement["Action"]):
            assert re.fullmatch(r"[a-z]+:[A-Z][A-Za-z]+", action), action


@each_policy
def test_every_resource_is_named_except_for_stated_reasons(policy: Path) -> None:
    for statement in statements(policy):
        if any("*" in text for text in texts(statement["Resource"])):
            for action in listed(statement["Action"]):
                assert (statement["Sid"], action) in WIDE, f"{statement['Sid']}: {action}"


def test_every_reason_is_still_needed() -> None:
    wide = {
        (statement["Sid"], action)
        for policy in POLICIES
        for statement in statements(policy)
        if any("*" in text for text in texts(statement["Resource"]))
        for action in listed(statement["Action"])
    }
    assert wide == WIDE.keys()


def test_mail_goes_out_as_one_sender_only() -> None:
    """On AWS the identity is named, and the sender compared; ``*`` only under the local stack's condition."""
    (statement,) = [each for each in statements(FOLDER / "policy-emails.json") if each["Sid"] == "SendMail"]
    condition, local, aws = statement["Resource"]["Fn::If"]
    assert (condition, local) == ("IsLocal", "*")
    identity, configuration = (each["Fn::Sub"] for each in aws)
    assert identity.endswith(":identity/${MailIdentity}")
    assert configuration.endswith(":configuration-set/${MailFeedback}")
    assert statement["Condition"]["StringEqualsIfExists"]["ses:FromAddress"] == {"Ref": "MailFromAddress"}


@each_policy
def test_every_resource_is_one_of_the_template(policy: Path, template: dict[str, Any]) -> None:
    there = (
        template["Resources"].keys()
        | template["Parameters"].keys()
        | {"AWS::Partition", "AWS::Region", "AWS::AccountId"}
        | {
            f"{name}{event}"  # what SAM makes of an event source
            for name, each in template["Resources"].items()
            for event in each.get("Properties", {}).get("Events", {})
        }
    )
    for statement in statements(policy):
        assert mentions(statement) <= there
        for text in texts(statement["Resource"]):
            table, _, index = text.partition("/index/")
            if index:
                (name,) = mentions({"Fn::Sub": table})
                properties = template["Resources"][name]["Properties"]
                indexes = [*properties.get("LocalSecondaryIndexes", ()), *properties.get("GlobalSecondaryIndexes", ())]
                assert index in {each["IndexName"] for each in indexes}, text


@each_policy
def test_no_policy_allows_a_scan_or_changing_history(policy: Path) -> None:
    """I5: only the relay's mark is ever changed."""
    for statement in statements(policy):
        actions = set(listed(statement["Action"]))
        assert "dynamodb:Scan" not in actions
        if "History" in mentions(statement["Resource"]):
            assert "dynamodb:DeleteItem" not in actions
            may_update = policy.stem in {"policy-relay", "policy-sweep"}
            assert may_update or "dynamodb:UpdateItem" not in actions


def test_the_template_has_the_policies_as_written(template: dict[str, Any]) -> None:
    """What is checked here is what is deployed."""
    written = [json.loads(policy.read_text()) for policy in POLICIES]
    gateways = "GatewayLogRole"  # which no function has
    roles = [
        each["Properties"]
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::IAM::Role" and name != gateways
    ]
    deployed = [policy["PolicyDocument"] for role in roles for policy in role["Policies"]]
    assert sorted(map(str, written)) == sorted(map(str, deployed))
    assert not [role for role in roles if "ManagedPolicyArns" in role]
    (who,) = template["Resources"][gateways]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert who["Principal"] == {"Service": "apigateway.amazonaws.com"}
