"""AWS limits that the local stack does not have: the size of a function's environment, the length of names."""

import json
from typing import Any

import pytest

from devstack.package import ROOT

STACK = "billing-managers-of-the-example-company-production-europe-middle"
REGION, ACCOUNT = "ap-southeast-2", "123456789012"
MOST_OF_THE_ENVIRONMENT = 3600
"""Lambda takes 4,096 bytes of names and values; the rest is room for values longer than these."""
LONGEST_NAME = {"AWS::SQS::Queue": 80, "AWS::DynamoDB::Table": 255}
EXAMPLE: dict[str, str] = json.loads((ROOT / "deploy" / "production.example.json").read_text())["Parameters"]


def explicit(resource: dict[str, Any]) -> str | None:
    """The name that the template gives a resource, in that stack."""
    properties = resource.get("Properties", {})
    name = properties.get("QueueName", properties.get("TableName"))
    return None if name is None else str(name["Fn::Sub"]).replace("${AWS::StackName}", STACK)


def reference(template: dict[str, Any], name: str) -> str:
    """What ``Ref`` gives: a parameter's value, or what AWS calls the resource, at its longest."""
    if name in template["Parameters"]:
        return EXAMPLE.get(name, str(template["Parameters"][name].get("Default", "")))
    resource = template["Resources"].get(name, {"Type": "AWS::Lambda::EventSourceMapping"})
    if resource["Type"] == "AWS::SQS::Queue":
        made = f"{STACK}-{name}-ABCDEFGHIJKL"[:80]
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{explicit(resource) or made}"
    if resource["Type"] == "AWS::SecretsManager::Secret":
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-ABCDEFGHIJKL-abcdef"
    return "x" * 64


def value(template: dict[str, Any], said: Any) -> str:
    if isinstance(said, dict) and "Ref" in said:
        return reference(template, said["Ref"])
    if isinstance(said, dict) and "Fn::Sub" in said:
        return str(said["Fn::Sub"]).replace("${AWS::StackName}", STACK)
    if isinstance(said, dict):
        raise TypeError(f"teach this test what {said} becomes")
    return str(said)


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: each["Properties"]
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function"
    }


def test_the_environment_of_every_function_is_small_enough_for_lambda(template: dict[str, Any]) -> None:
    assert len(STACK) == 64
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, function in functions(template).items():
        variables = {**shared, **function.get("Environment", {}).get("Variables", {})}
        size = sum(len(key) + len(value(template, said).encode()) for key, said in variables.items())
        assert size < MOST_OF_THE_ENVIRONMENT, name


@pytest.mark.parametrize("kind", sorted(LONGEST_NAME))
def test_no_name_is_too_long_in_a_stack_with_a_long_name(template: dict[str, Any], kind: str) -> None:
    named = {each for each in template["Resources"].values() for each in [explicit(each)] if each}
    found = [
        name for each in template["Resources"].values() if each["Type"] == kind for name in [explicit(each)] if name
    ]
    assert found
    assert set(found) <= named
    assert [name for name in found if len(name) > LONGEST_NAME[kind]] == []
