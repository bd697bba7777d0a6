"""GET /health: says which version answers, and touches nothing."""

from chalice.app import Blueprint, Response

bp = Blueprint(__name__)


@bp.route("/health", methods=["GET"])
def health() -> Response:
    """Answers without touching anything."""
    return Response({"status": "ok"})
