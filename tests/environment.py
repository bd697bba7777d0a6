"""The environment of the tests: settings as the template sets them, and tables as the template declares them."""

import os
from dataclasses import fields
from typing import Any

import yaml

from chalicelib.settings import Settings
from devstack.package import ROOT

TOKEN_KEYS = {"current": "k1", "k1": "a-token-key-for-tests-only-0123456789abcdef0123456789abcdef"}
PSEUDONYM_KEY = {"key": "a-pseudonym-key-for-tests-only-0123456789abcdef01234567"}
CALLOUT_KEY = {"current": "a-callout-key-for-tests-only-0123456789abcdef0123456789abcdef"}
PORTAL_CREDENTIAL = "a-portal-credential-for-tests-only-0123456789abcdef"
PORTAL_URL = "https://portal.example"
ISSUER_HOST = "127.0.0.1"

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

SETTINGS = {
    "STAGE": "local",
    "PORTAL_URL": PORTAL_URL,
    "ALLOWED_ORIGINS": f"{PORTAL_URL},https://admin.portal.example",
    "PRODUCT_NAME": "Example Portal",
    "SUPPORT_URL": f"{PORTAL_URL}/support",
    "MAIL_FROM": "Example Portal <billing@portal.example>",
    "AUDIENCE": "billing-managers",
    "SUPPORT_GROUP": "billing-support",
    "SUPPORT_READONLY_GROUP": "billing-support-readonly",
    "TABLE_PREFIX": "",
    "CALLOUT_KEY_SECRET": "callout-key",
    "CALLOUT_SIGNATURE_HEADER": "X-Zuora-Signature",
    "ZUORA_SUBSCRIPTION_FIELDS": '{"type": "DeliveryType__c", "max_seats_used": "MaxSeatsUsed__c", '
    '"cloud_licensing": "TurnOnCloudLicensing__c", "operational_metrics": "TurnOnOperationalMetrics__c", '
    '"quarterly_coterms": "TurnOnSeatReconciliation__c", "auto_renew": "TurnOnAutoRenew__c"}',
    "ZUORA_RESELLER_CHANNELS": "reseller,distributor",
    "ZUORA_SEAT_CHARGES": "Seat*,User*,*Premium*,*Ultimate*,*Team*,*Enterprise*,*Business Critical*,"
    "!*Add-on*,!*Addon*,!*Duo*,!*Storage*",
    "TOKEN_KEYS_SECRET": "token-keys",
    "PSEUDONYM_KEY_SECRET": "pseudonym-key",
    "ZUORA_SECRET": "zuora",
    "PORTAL_CREDENTIAL_SECRET": "portal-credential",
    "SEARCH_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/search",
    "TRANSFER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/transfers",
    "ZUORA_VERSION": "2025-08-12",
    "ZUORA_PLAN_FIELD": "Plan__c",
    "ZUORA_CHANNEL_FIELD": "SSPChannel__c",
    "MEMBERSHIPS_PER_CUSTOMER": "1",
    "PENDING_INVITATIONS_PER_ACCOUNT": "15",
    "MANAGERS_BY_PLAN": '{"team": 2, "enterprise": null, "business_critical": null}',
    "INVITATION_DAYS": "7",
    "RESEND_COOLDOWN_SECONDS": "60",
    "MAILS_PER_ACCOUNT_AND_ADDRESS_PER_DAY": "10",
    "MAILS_PER_ADDRESS_PER_DAY": "20",
    "INVITATIONS_PER_INVITER_IN_10_MINUTES": "30",
    "INVITATIONS_PER_ACCOUNT_PER_DAY": "100",
    "CHANGES_PER_MANAGER_IN_10_MINUTES": "30",
    "RETENTION_DAYS": "90",
}


def complete() -> dict[str, str]:
    """Every setting, for a process that starts and reaches nothing: its neighbours are at an address that is none."""
    nowhere = {each.metadata["variable"]: "https://nowhere.example" for each in fields(Settings)}
    optional = {each.metadata["variable"] for each in fields(Settings) if each.metadata["default"] is not None}
    return {name: value for name, value in nowhere.items() if name not in optional} | SETTINGS


def template() -> dict[str, Any]:
    """What `.chalice/resources.yaml` says."""
    whole: dict[str, Any] = yaml.safe_load((ROOT / ".chalice" / "resources.yaml").read_text())
    return whole


def tables() -> dict[str, dict[str, Any]]:
    """The template's tables by their logical ids, as arguments of CreateTable."""
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes",
             "StreamSpecification")  # fmt: skip
    found = {}
    for name, resource in template()["Resources"].items():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            wanted = {each: value for each, value in resource["Properties"].items() if each in taken}
            if "StreamSpecification" in wanted:
                wanted["StreamSpecification"] = {"StreamEnabled": True, **wanted["StreamSpecification"]}
            found[name] = wanted
    return found
