"""The Chalice application: which module serves which paths, nothing else."""

import os

import chalicelib.api.web.http  # noqa: F401 -- what every request needs is there before the first one
from chalicelib.api.web.on_demand import OnDemand

_ACCOUNT = "/v1/billing-accounts/{account_id}"
_SUPPORT = "/v1/support"
_SUPPORT_ACCOUNT = "/v1/support/billing-accounts/{account_id}"

SERVED_BY = {
    "/health": ["machines.health"],
    "/openapi.json": ["machines.health"],
    "/v1/callouts": ["machines.callouts"],
    "/v1/sign-in-links": ["machines.sign_in_links"],
    "/v1/me": ["portal.me"],
    "/v1/invitations": ["portal.invitees"],
    "/v1/billing-accounts": ["portal.accounts"],
    f"{_ACCOUNT}/managers": ["portal.managers"],
    f"{_ACCOUNT}/leave": ["portal.managers"],
    f"{_ACCOUNT}/contacts": ["portal.contacts"],
    f"{_ACCOUNT}/invitations": ["portal.invitations"],
    f"{_ACCOUNT}/history": ["portal.history"],
    f"{_ACCOUNT}/subscriptions": ["portal.billing"],
    f"{_ACCOUNT}/invoices": ["portal.billing"],
    f"{_ACCOUNT}/payment-methods": ["portal.billing"],
    f"{_SUPPORT}/billing-accounts": ["support.accounts", "support.search"],
    _SUPPORT_ACCOUNT: ["support.account_views"],
    f"{_SUPPORT_ACCOUNT}/managers": ["support.managers"],
    f"{_SUPPORT_ACCOUNT}/invitations": ["support.invitations"],
    f"{_SUPPORT_ACCOUNT}/subscriptions": ["support.billing"],
    f"{_SUPPORT_ACCOUNT}/invoices": ["support.billing"],
    f"{_SUPPORT_ACCOUNT}/payment-methods": ["support.billing"],
    f"{_SUPPORT_ACCOUNT}/transfer": ["support.transfers"],
    f"{_SUPPORT_ACCOUNT}/transfers": ["support.transfers"],
    f"{_SUPPORT}/customers": ["support.customers", "support.search"],
    f"{_SUPPORT}/customers/{{customer_id}}": ["support.customers"],
    f"{_SUPPORT}/customers/{{customer_id}}/erase": ["support.erasure"],
    f"{_SUPPORT}/contacts": ["support.contacts", "support.search"],
    f"{_SUPPORT}/contacts/{{contact_id}}": ["support.contacts"],
    f"{_SUPPORT}/sync": ["support.contacts"],
    f"{_SUPPORT}/drift": ["support.contacts"],
    f"{_SUPPORT}/suppressions": ["support.suppressions"],
}
"""Modules of chalicelib.api by the beginning of the paths that they serve; the longest beginning counts."""
FUNCTIONS = ["relay", "schedules", "emails", "feedback", "zuora", "zuora_schedules", "search", "transfers"]
"""Modules of chalicelib.functions."""

app = OnDemand("billing-managers", served_by=SERVED_BY, functions=FUNCTIONS)
app.api.binary_types = []

if "AWS_CHALICE_CLI_MODE" in os.environ:  # Chalice's command, which packages whatever is registered
    app.register_all()
