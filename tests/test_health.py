import importlib

from chalice.test import Client


def test_health_answers() -> None:
    app = importlib.import_module("app").app
    with Client(app) as client:
        assert client.http.get("/health").status_code == 200
