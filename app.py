"""The Chalice application: registers the blueprints, nothing else."""

from chalice.app import Chalice

from chalicelib.api.machines import callouts, health, sign_in_links
from chalicelib.api.portal import accounts, billing, contacts, history, invitations, invitees, managers, me
from chalicelib.api.support import account_views as support_account_views
from chalicelib.api.support import accounts as support_accounts
from chalicelib.api.support import billing as support_billing
from chalicelib.api.support import contacts as support_contacts
from chalicelib.api.support import customers as support_customers
from chalicelib.api.support import erasure as support_erasure
from chalicelib.api.support import invitations as support_invitations
from chalicelib.api.support import managers as support_managers
from chalicelib.api.support import search as support_search
from chalicelib.api.support import suppressions as support_suppressions
from chalicelib.api.support import transfers as support_transfers
from chalicelib.functions import emails, feedback, relay, schedules, search, transfers, zuora, zuora_schedules

app = Chalice(app_name="billing-managers", configure_logs=False)
app.api.binary_types = []

ROUTES = (
    health, me, accounts, managers, contacts, invitations, history, invitees, billing, callouts,
    support_accounts, support_account_views, support_managers, support_invitations, support_customers,
    support_contacts, support_billing, support_search, support_transfers, support_erasure, support_suppressions,
    sign_in_links,
)  # fmt: skip
FUNCTIONS = (relay, schedules, emails, feedback, zuora, zuora_schedules, search, transfers)

for module in (*ROUTES, *FUNCTIONS):
    app.register_blueprint(module.bp)
