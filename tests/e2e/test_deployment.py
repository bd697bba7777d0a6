"""What CloudFormation makes of the template, and what it refuses before anything changes."""

import json

import pytest
from botocore.exceptions import ClientError

from devstack.stack import Stack


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("InvitationDays", "99"), ("MembershipsPerCustomer", "0"), ("PendingInvitationsPerAccount", "60"),
     ("PortalUrl", "portal.example"), ("ManagersByPlan", "[]")],
)  # fmt: skip
def test_a_parameter_that_would_break_every_route_is_not_deployed(stack: Stack, parameter: str, value: str) -> None:
    cloudformation = stack.aws.client("cloudformation")
    (before,) = cloudformation.describe_stacks(StackName=stack.stack_name)["Stacks"]
    kept = [
        {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
        for each in before["Parameters"]
        if each["ParameterKey"] != parameter
    ]
    with pytest.raises(ClientError, match=parameter):
        cloudformation.update_stack(
            StackName=stack.stack_name,
            UsePreviousTemplate=True,
            Parameters=[*kept, {"ParameterKey": parameter, "ParameterValue": value}],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    (after,) = cloudformation.describe_stacks(StackName=stack.stack_name)["Stacks"]
    assert after["Parameters"] == before["Parameters"]
    assert after["StackStatus"] == before["StackStatus"]


def test_the_api_has_one_public_stage_with_a_throttle_and_a_log(stack: Stack) -> None:
    template = stack.aws.client("cloudformation").get_template(StackName=stack.stack_name, TemplateStage="Processed")[
        "TemplateBody"
    ]
    resources = (json.loads(template) if isinstance(template, str) else template)["Resources"]
    (stage,) = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::ApiGateway::Stage"]
    assert stage["StageName"] == "api"
    assert stage["AccessLogSetting"]["DestinationArn"]
    assert stage["MethodSettings"][0]["ThrottlingRateLimit"] > 0
    assert not [
        each
        for each in resources.values()
        if each["Type"] == "AWS::ApiGateway::Deployment" and "StageName" in each["Properties"]
    ]
