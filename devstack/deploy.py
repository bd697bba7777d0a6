"""Deploys the package through CloudFormation, as on AWS, into whatever endpoint it is given."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from devstack.problems import StackProblem

REGION = "us-east-1"
BUCKET = "billing-managers-deployments"


@dataclass(frozen=True, slots=True)
class Aws:
    """Where the local AWS is; makes clients with the root credentials."""

    endpoint_url: str

    def client(self, service: str) -> Any:
        """A boto3 client of the service."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # one name for many typed overloads
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60),
        )


def deploy(aws: Aws, package: Path, *, stack_name: str, parameters: dict[str, str]) -> dict[str, str]:
    """Uploads the package and creates the stack, or updates the one that is there; returns its outputs."""
    template = json.loads((package / "template.json").read_text())
    url = _upload(aws, package / "deployment.zip", template, stack_name)
    wanted = {
        "StackName": stack_name,
        "TemplateURL": url,
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    _apply(aws.client("cloudformation"), wanted)
    (stack,) = aws.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
    _put_gateway_responses(aws, template, outputs["RestAPIId"], parameters)
    return outputs


def _upload(aws: Aws, code: Path, template: dict[str, Any], stack_name: str) -> str:
    """Puts code and template into S3, the code under its hash: CloudFormation sees new code by its new key only."""
    data = code.read_bytes()
    key = f"{stack_name}/{hashlib.sha256(data).hexdigest()[:16]}.zip"
    store = aws.client("s3")
    store.create_bucket(Bucket=BUCKET)
    store.put_object(Bucket=BUCKET, Key=key, Body=data)
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{key}"
    for parameter in template["Parameters"].values():  # the neighbours of the local stack speak http
        parameter["AllowedPattern"] = parameter.get("AllowedPattern", ".*").replace("^https://", "^https?://")
    template_key = f"{stack_name}/template.json"  # by URL, as a text it would be too long
    store.put_object(Bucket=BUCKET, Key=template_key, Body=json.dumps(template).encode())
    return f"{aws.endpoint_url}/{BUCKET}/{template_key}"


def _apply(cloudformation: Any, wanted: dict[str, Any]) -> None:
    name = wanted["StackName"]
    try:
        cloudformation.create_stack(**wanted)
        waiter = cloudformation.get_waiter("stack_create_complete")
    except cloudformation.exceptions.AlreadyExistsException:
        try:
            cloudformation.update_stack(**wanted)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise
        waiter = cloudformation.get_waiter("stack_update_complete")
    try:
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if e.get("ResourceStatusReason")
        ]
        raise StackProblem("The deployment failed:\n  " + "\n  ".join(reasons)) from error


def _put_gateway_responses(aws: Aws, template: dict[str, Any], api_id: str, parameters: dict[str, str]) -> None:
    """AWS reads them from the API's definition; MiniStack wants to be told one by one."""
    api = template["Resources"]["RestAPI"]["Properties"]
    origin = "'" + parameters["AllowedOrigins"].partition(",")[0] + "'"
    gateway = aws.client("apigateway")
    for kind, response in api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"].items():
        headers = {
            name: value if isinstance(value, str) else origin for name, value in response["responseParameters"].items()
        }
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            statusCode=str(response["statusCode"]),
            responseParameters=headers,
            responseTemplates=response["responseTemplates"],
        )
    gateway.create_deployment(restApiId=api_id, stageName=api["StageName"])
