"""The CloudFormation template: nothing that is easily forgotten is missing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.cli.factory import CLIFactory
from chalice.deploy.validate import validate_configuration

from chalicelib import observability, settings
from chalicelib.functions import emails as emails_function
from chalicelib.store import deliveries
from devstack import stack
from devstack.package import ROOT
from tests import environment

DEAD_LETTERS = "DeadLetters"
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "operations.md")
Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> Resources:
    found: Resources = template["Resources"]
    return found


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of a type, by logical id."""
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == f"AWS::{kind}"}


def mentions(value: Any) -> set[str]:
    """The resources and parameters that a value refers to."""
    if isinstance(value, list):
        return {name for each in value for name in mentions(each)}
    if not isinstance(value, dict):
        return set()
    found = {name for each in value.values() for name in mentions(each)}
    if "Ref" in value:
        found.add(value["Ref"])
    if "Fn::GetAtt" in value:
        found.add(value["Fn::GetAtt"][0])
    if "Fn::Sub" in value:
        text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
        found |= {part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:]}
    return found


def sources(resources: Resources) -> Iterator[tuple[str, dict[str, Any], str, dict[str, Any]]]:
    """Every event source: the function, its properties, the source's type, the source's properties."""
    for name, function in of_type(resources, "Serverless::Function").items():
        for source in function.get("Events", {}).values():
            yield name, function, source["Type"], source["Properties"]


# Settings and parameters


def test_every_setting_has_its_variable_in_the_template_and_no_variable_is_left_over(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert variables.keys() == settings.variables()


def test_every_parameter_is_used(template: dict[str, Any]) -> None:
    used = {name for part in ("Globals", "Resources", "Conditions", "Outputs") for name in mentions(template[part])}
    assert set(template["Parameters"]) - used == set()


def test_every_parameter_without_a_default_is_set_by_the_local_stack(template: dict[str, Any]) -> None:
    given = stack._parameters("http://127.0.0.1:1", "http://127.0.0.1:2")  # noqa: SLF001 -- what a deployment gets
    needed = {name for name, each in template["Parameters"].items() if "Default" not in each}
    assert needed <= given.keys() <= template["Parameters"].keys()


def test_every_parameter_is_explained_in_the_readme(template: dict[str, Any]) -> None:
    explained = "\n".join(document.read_text() for document in DOCUMENTS)
    assert {name for name in template["Parameters"] if f"`{name}`" not in explained} == set()


def test_every_alarm_is_explained_in_the_handbook(resources: Resources) -> None:
    explained = DOCUMENTS[1].read_text()
    assert {name for name in of_type(resources, "CloudWatch::Alarm") if f"`{name}`" not in explained} == set()


def test_the_tests_use_the_deployed_defaults(template: dict[str, Any]) -> None:
    """So that the tests are about the same product."""
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    for variable, value in variables.items():
        parameter = template["Parameters"].get(value.get("Ref"), {})
        if "Default" in parameter and variable in environment.SETTINGS:
            assert environment.SETTINGS[variable] == parameter["Default"], variable


# Tables


def test_every_table_can_be_restored_is_encrypted_and_cannot_be_dropped(template: dict[str, Any]) -> None:
    """But for the local stack, which has to be able to."""
    found = of_type(template["Resources"], "DynamoDB::Table")
    assert len(found) >= 8
    assert template["Conditions"]["IsLocal"] == {"Fn::Equals": [{"Ref": "Stage"}, "local"]}
    for name, table in found.items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"]["SSEEnabled"] is True, name
        assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsLocal", False, True]}, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_tables_and_secrets_outlive_their_stack_but_not_a_failed_creation(template: dict[str, Any]) -> None:
    """The remains of a failed first deployment would block the second; without its keys the data is useless."""
    kept = [
        each
        for each in template["Resources"].values()
        if each["Type"] in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret")
    ]
    assert len(kept) >= 13
    for each in kept:
        assert (each["DeletionPolicy"], each["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_history_and_state_never_expire_by_themselves(resources: Resources) -> None:
    """Only mail claims and remembered requests have a time to live; TTL deletes without an event (I5)."""
    expiring = {
        name for name, each in of_type(resources, "DynamoDB::Table").items() if "TimeToLiveSpecification" in each
    }
    assert expiring.isdisjoint({"Accounts", "Memberships", "Customers", "Invitations", "Contacts", "History"})


# Queues


def test_every_queue_has_a_consumer_and_dead_letters(resources: Resources) -> None:
    queues = of_type(resources, "SQS::Queue")
    consumed = {
        name for _, _, kind, source in sources(resources) if kind == "SQS" for name in mentions(source["Queue"])
    }
    for name, queue in queues.items():
        assert queue["SqsManagedSseEnabled"] is True, name
        if name.endswith(DEAD_LETTERS):
            assert queue["MessageRetentionPeriod"] == 1_209_600, name
            continue
        assert name in consumed, f"nobody reads {name}"
        (dead,) = mentions(queue["RedrivePolicy"]["deadLetterTargetArn"])
        assert dead.endswith(DEAD_LETTERS), name
        assert dead in queues, name
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5, name


def test_every_dead_letter_raises_an_alarm(resources: Resources) -> None:
    """The first message in any dead-letter queue."""
    watched = set()
    for alarm in of_type(resources, "CloudWatch::Alarm").values():
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 0:
            assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
            watched |= mentions(alarm["Dimensions"])
    assert {name for name in of_type(resources, "SQS::Queue") if name.endswith(DEAD_LETTERS)} == watched


def test_every_dead_letter_queue_is_fed(resources: Resources) -> None:
    fed = {
        name for queue in of_type(resources, "SQS::Queue").values() for name in mentions(queue.get("RedrivePolicy", {}))
    }
    for _, _, _, source in sources(resources):
        fed |= mentions(source.get("DestinationConfig", {}))
    assert {name for name in of_type(resources, "SQS::Queue") if name.endswith(DEAD_LETTERS)} == fed


def test_a_message_stays_hidden_for_six_function_timeouts(resources: Resources) -> None:
    """AWS's rule; otherwise a slow batch comes a second time while the first is in progress."""
    queues = of_type(resources, "SQS::Queue")
    for name, function, kind, source in sources(resources):
        if kind == "SQS":
            (queue,) = mentions(source["Queue"]) & queues.keys()
            assert queues[queue]["VisibilityTimeout"] >= 6 * function["Timeout"], name


def test_a_claim_outlasts_its_function_and_ends_before_its_message_reappears(
    resources: Resources,
) -> None:
    """I7: nobody else sends the mail meanwhile, and the next run may."""
    lease = deliveries.LEASE.total_seconds()
    hidden = of_type(resources, "SQS::Queue")["EmailQueue"]["VisibilityTimeout"]
    assert of_type(resources, "Serverless::Function")["Emails"]["Timeout"] < lease < hidden


def test_a_mail_is_retried_for_days_before_it_is_dead_lettered(resources: Resources) -> None:
    """R25, I7: our own faults can be fixed after a weekend; the waits double up to a quarter of an hour."""
    waits = emails_function._FIRST_WAIT, emails_function._LONGEST_WAIT  # noqa: SLF001 -- its own numbers
    receives = of_type(resources, "SQS::Queue")["EmailQueue"]["RedrivePolicy"]["maxReceiveCount"]
    assert sum(min(waits[1], waits[0] * 2**each) for each in range(receives - 1)) >= 4 * 86400


@pytest.mark.parametrize("metric", ["MailsRetried", "MailsFailed"])
def test_waiting_or_refused_mails_raise_an_alarm_and_a_single_hiccup_does_not(
    resources: Resources, metric: str
) -> None:
    """R25: the age of the queue's oldest message leaves out what was received three times."""
    (alarm,) = [each for each in of_type(resources, "CloudWatch::Alarm").values() if each["MetricName"] == metric]
    watched = alarm["Period"] * alarm["EvaluationPeriods"]
    longest_wait = emails_function._LONGEST_WAIT  # noqa: SLF001 -- its own number
    assert 1 < alarm["DatapointsToAlarm"] < watched / longest_wait
    assert alarm["Threshold"] == 0


# Functions


def test_every_batch_reports_its_failed_messages(resources: Resources) -> None:
    """Without it a handler's list of failures is ignored, and the messages are lost."""
    kinds = [kind for _, _, kind, source in sources(resources) if "FunctionResponseTypes" in source]
    for name, _, kind, source in sources(resources):
        if kind in ("SQS", "DynamoDB"):
            assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
    assert {"SQS", "DynamoDB"} == set(kinds)


def test_the_relay_gets_every_new_event_and_a_batch_cannot_block_it(resources: Resources) -> None:
    ((_, _, _, source),) = [each for each in sources(resources) if each[2] == "DynamoDB"]
    assert mentions(source["Stream"]) == {"History"}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["BisectBatchOnFunctionError"] is True
    assert 0 < source["MaximumRetryAttempts"] < 100
    assert json.loads(source["FilterCriteria"]["Filters"][0]["Pattern"]) == {"eventName": ["INSERT"]}


def test_every_function_has_its_own_role_alarm_and_log_retention(resources: Resources) -> None:
    functions = of_type(resources, "Serverless::Function")
    own = [each["Role"]["Fn::GetAtt"][0] for each in functions.values()]
    assert len(set(own)) == len(functions)
    logs = {
        name: part
        for each in of_type(resources, "Logs::LogGroup").values()
        for name in mentions(each)
        for part in [each]
    }
    watched = {
        name
        for alarm in of_type(resources, "CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AWS/Lambda" and alarm["MetricName"] == "Errors"
        for name in mentions(alarm["Dimensions"])
    }
    for name in functions:
        assert logs[name]["RetentionInDays"] == 90, name
        assert name in watched, name


def test_every_alarm_has_a_recipient(resources: Resources) -> None:
    for name, alarm in of_type(resources, "CloudWatch::Alarm").items():
        assert mentions(alarm["AlarmActions"]) == {"Alarms"}, name
        assert alarm["AlarmDescription"], name


def test_every_alarm_watches_this_stage_alone(resources: Resources) -> None:
    """With two stages in one account a healthy one would hide a sick one. SES has one reputation per account."""
    for name, alarm in of_type(resources, "CloudWatch::Alarm").items():
        if alarm["Namespace"] == "AWS/SES":
            continue
        assert mentions(alarm["Dimensions"]), name
        if alarm["Namespace"] == observability.NAMESPACE:
            fixed = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
            assert fixed == {"service": observability.SERVICE, "stage": {"Ref": "Stage"}}, name


def test_the_api_has_one_public_stage(resources: Resources) -> None:
    """SAM adds another one, without a throttle, a log or an alarm, unless a version of the document is set."""
    (api,) = of_type(resources, "Serverless::Api").values()
    assert api["OpenApiVersion"] == "2.0" == api["DefinitionBody"]["swagger"]


def test_the_role_for_access_logs_is_made_where_a_parameter_asks_for_it(template: dict[str, Any]) -> None:
    """A stage with access logs cannot be made in an account without it, and there is one for an account."""
    made = template["Resources"]["GatewayLogs"]
    assert made["Type"] == "AWS::ApiGateway::Account"
    assert made["Condition"] == template["Resources"]["GatewayLogRole"]["Condition"] == "MakesGatewayLogRole"
    assert template["Parameters"]["GatewayLogRoleForAccount"]["Default"] == "exists"
    assert "GatewayLogs" in mentions(
        template["Resources"]["AccessLogs"]
    )  # so that the stage with the logs comes after it


def test_the_function_times_out_before_the_gateway(resources: Resources) -> None:
    """29 seconds: a longer function would continue with nobody listening."""
    assert of_type(resources, "Serverless::Function")["APIHandler"]["Timeout"] < 29


def test_chalice_accepts_the_app() -> None:
    """Route collisions, names, environment: otherwise checked only by ``chalice deploy``, which nobody runs."""
    factory = CLIFactory(str(ROOT), environ={"AWS_DEFAULT_REGION": "us-east-1"})
    validate_configuration(factory.create_config_obj(chalice_stage_name="service"))
