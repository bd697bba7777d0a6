"""The Chalice application: registers the blueprints, nothing else."""

from chalice.app import Chalice

from chalicelib.api import (
    accounts,
    billing,
    callouts,
    contacts,
    health,
    history,
    invitations,
    invitees,
    managers,
    me,
    sign_in_links,
    support_account_views,
    support_accounts,
    support_contacts,
    support_customers,
    support_erasure,
    support_invitations,
    support_managers,
    support_search,
    support_suppressions,
    support_transfers,
)
from chalicelib.functions import emails, feedback, relay, schedules, search, transfers, zuora, zuora_schedules

app = Chalice(app_name="billing-managers", configure_logs=False)
app.api.binary_types = []

ROUTES = (
    health, me, accounts, managers, contacts, invitations, history, invitees, billing, callouts,
    support_accounts, support_account_views, support_managers, support_invitations, support_customers,
    support_contacts, support_search, support_transfers, support_erasure, support_suppressions,
    sign_in_links,
)  # fmt: skip
FUNCTIONS = (relay, schedules, emails, feedback, zuora, zuora_schedules, search, transfers)

for module in (*ROUTES, *FUNCTIONS):
    app.register_blueprint(module.bp)
