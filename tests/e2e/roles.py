"""The deployed roles, tried out: what the credentials of a function can and cannot do.

Nobody but Lambda may assume the roles themselves, so each is tried through a copy with the same policies.
"""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from devstack.deploy import REGION
from devstack.stack import Stack
from tests.environment import tables

REFUSED = {"AccessDenied", "AccessDeniedException"}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}],
}
_numbers = count(1)


def resources_of(stack: Stack) -> list[dict[str, Any]]:
    """The resources of the deployed stack, all pages."""
    pages = stack.aws.client("cloudformation").get_paginator("list_stack_resources")
    return [each for page in pages.paginate(StackName=stack.stack_name) for each in page["StackResourceSummaries"]]


class Role:
    """A client of every service with the rights of one function, and the calls that are tried with it.

    The calls change nothing even where they are allowed: their conditions never hold, or their targets do not exist.
    """

    def __init__(self, stack: Stack, function: str) -> None:
        self._stack = stack
        found = resources_of(stack)
        self.names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        self._credentials = self._assumed(function)

    def may(self, call: Callable[["Role"], Any]) -> bool:
        """Whether the policies allow the call; other errors do not count."""
        try:
            call(self)
        except ClientError as error:
            return error.response["Error"]["Code"] not in REFUSED
        return True

    def client(self, service: str) -> Any:
        """A client of a service with the role's credentials."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # one name for many typed overloads
            endpoint_url=self._stack.aws_endpoint_url,
            region_name=REGION,
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _assumed(self, function: str) -> dict[str, str]:
        iam = self._stack.aws.client("iam")
        functions = self._stack.aws.client("lambda")
        arn = functions.get_function_configuration(FunctionName=self.names[function])["Role"]
        original, copy = arn.rpartition("/")[2], f"copy-{next(_numbers)}-of-{function}"
        made = iam.create_role(RoleName=copy, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
        assert iam.list_attached_role_policies(RoleName=original)["AttachedPolicies"] == []
        for name in iam.list_role_policies(RoleName=original)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=original, PolicyName=name)["PolicyDocument"]
            iam.put_role_policy(RoleName=copy, PolicyName=name, PolicyDocument=json.dumps(document))
        answer = self._stack.aws.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="tried-out")
        credentials: dict[str, str] = answer["Credentials"]
        return credentials


Call = Callable[[Role], Any]
_KEYS = {
    table: {each["AttributeName"]: {"S": "nobody"} for each in wanted["KeySchema"]}
    for table, wanted in tables().items()
}
_NEVER = {"ConditionExpression": "attribute_exists(never_there)"}


def read(table: str) -> Call:
    """GetItem."""
    return lambda role: role.client("dynamodb").batch_get_item(
        RequestItems={role.names[table]: {"Keys": [_KEYS[table]]}}
    )


def query(table: str, index: str | None = None, key: str | None = None) -> Call:
    """Query, of the table or an index."""

    def call(role: Role) -> Any:
        where = {"TableName": role.names[table]} | ({} if index is None else {"IndexName": index})
        return role.client("dynamodb").query(
            **where,
            KeyConditionExpression="#key = :key",
            ExpressionAttributeNames={"#key": key or next(iter(_KEYS[table]))},
            ExpressionAttributeValues={":key": {"S": "nobody"}},
        )

    return call


def scan(table: str) -> Call:
    """Scan."""
    return lambda role: role.client("dynamodb").scan(TableName=role.names[table], Limit=1)


def put(table: str) -> Call:
    """PutItem, alone."""
    return lambda role: role.client("dynamodb").put_item(TableName=role.names[table], Item=_KEYS[table], **_NEVER)


def update(table: str) -> Call:
    """UpdateItem, alone."""
    return lambda role: role.client("dynamodb").update_item(
        TableName=role.names[table], Key=_KEYS[table], UpdateExpression="REMOVE never_there", **_NEVER
    )


def delete(table: str) -> Call:
    """DeleteItem, alone."""
    return lambda role: role.client("dynamodb").delete_item(TableName=role.names[table], Key=_KEYS[table], **_NEVER)


def transact(kind: str, table: str) -> Call:
    """The same inside a transaction: a Put, an Update, a Delete or a ConditionCheck."""

    def call(role: Role) -> Any:
        what = {"Item": _KEYS[table]} if kind == "Put" else {"Key": _KEYS[table]}
        if kind == "Update":
            what["UpdateExpression"] = "REMOVE never_there"  # type: ignore[assignment]  # a text among keys
        step = {kind: {"TableName": role.names[table], **what, **_NEVER}}
        return role.client("dynamodb").transact_write_items(TransactItems=[step])

    return call


def secret(name: str) -> Call:
    """GetSecretValue."""
    return lambda role: role.client("secretsmanager").get_secret_value(SecretId=role.names[name])


def send_mail(role: Role) -> Any:
    """SendEmail, of SES v2."""
    return role.client("sesv2").send_email(
        FromEmailAddress="billing@portal.example",
        Destination={"ToAddresses": ["nobody@never-there.example"]},
        Content={"Simple": {"Subject": {"Data": "tried out"}, "Body": {"Text": {"Data": "tried out"}}}},
    )


def send_message(queue: str) -> Call:
    """SendMessage."""
    return lambda role: role.client("sqs").send_message(QueueUrl=role.names[queue], MessageBody="tried out")


def receive_message(queue: str) -> Call:
    """ReceiveMessage."""
    return lambda role: role.client("sqs").receive_message(QueueUrl=role.names[queue], VisibilityTimeout=0)


def look_at_queue(queue: str) -> Call:
    """GetQueueAttributes."""
    return lambda role: role.client("sqs").get_queue_attributes(QueueUrl=role.names[queue], AttributeNames=["QueueArn"])


def purge(queue: str) -> Call:
    """PurgeQueue."""
    return lambda role: role.client("sqs").purge_queue(QueueUrl=role.names[queue])


def drop_table(role: Role) -> Any:
    """DeleteTable."""
    return role.client("dynamodb").delete_table(TableName="never-there")


def change_secret(role: Role) -> Any:
    """PutSecretValue."""
    return role.client("secretsmanager").put_secret_value(SecretId="never-there", SecretString="{}")


def change_rights(role: Role) -> Any:
    """PutRolePolicy."""
    return role.client("iam").put_role_policy(RoleName="never-there", PolicyName="all", PolicyDocument="{}")


def take_another_role(role: Role) -> Any:
    """AssumeRole."""
    arn = "arn:aws:iam::000000000000:role/never-there"
    return role.client("sts").assume_role(RoleArn=arn, RoleSessionName="tried-out")


def change_code(role: Role) -> Any:
    """UpdateFunctionCode."""
    return role.client("lambda").update_function_code(FunctionName="never-there", ZipFile=b"PK")


def read_files(role: Role) -> Any:
    """ListBuckets."""
    return role.client("s3").list_buckets()
