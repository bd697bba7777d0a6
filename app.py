"""The Chalice application: registers the blueprints, nothing else."""

from chalice.app import Chalice

from chalicelib.api import health
from chalicelib.functions import emails

app = Chalice(app_name="billing-managers", configure_logs=False)
app.api.binary_types = []

for module in (health, emails):
    app.register_blueprint(module.bp)
