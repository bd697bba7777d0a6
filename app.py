"""The Chalice application: registers the blueprints, nothing else."""

from chalice.app import Chalice

from chalicelib.api import (
    accounts,
    health,
    history,
    invitations,
    invitees,
    managers,
    me,
    support_accounts,
    support_customers,
)
from chalicelib.functions import emails, feedback, relay, schedules

app = Chalice(app_name="billing-managers", configure_logs=False)
app.api.binary_types = []

ROUTES = (health, me, accounts, managers, invitations, history, invitees, support_accounts, support_customers)
FUNCTIONS = (relay, schedules, emails, feedback)

for module in (*ROUTES, *FUNCTIONS):
    app.register_blueprint(module.bp)
