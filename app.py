"""The Chalice application: registers the blueprints, nothing else."""

from chalice.app import Chalice

from chalicelib.api import accounts, health, history, invitations, invitees, managers, me, support_accounts
from chalicelib.functions import emails, relay

app = Chalice(app_name="billing-managers", configure_logs=False)
app.api.binary_types = []

for module in (health, me, accounts, managers, invitations, history, invitees, support_accounts, relay, emails):
    app.register_blueprint(module.bp)
