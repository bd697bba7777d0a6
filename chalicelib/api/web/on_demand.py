"""An app that imports the modules of its routes when their first request comes.

Which function answers a request is known from its path alone, so a cold start need not load all the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from chalice.app import Chalice


class OnDemand(Chalice):
    """A Chalice app whose blueprints are registered on demand: one ``bp`` in each module.

    ``served_by`` names, for the beginning of a path, the modules of ``chalicelib.api`` that serve what begins so; the
    longest beginning counts. ``functions`` are the modules of ``chalicelib.functions``: these have handlers of their
    own, and the app needs them only to be packaged.
    """

    def __init__(self, name: str, *, served_by: Mapping[str, Sequence[str]], functions: Sequence[str]) -> None:
        super().__init__(app_name=name, configure_logs=False)
        self._served_by = {path: [f"chalicelib.api.{module}" for module in them] for path, them in served_by.items()}
        self._functions = [f"chalicelib.functions.{module}" for module in functions]
        self._registered: set[str] = set()

    def __call__(self, event: Any, context: Any) -> Any:
        """Answers a request, as API Gateway hands it over."""
        self._register(self.modules_for(event["requestContext"]["resourcePath"]))
        return super().__call__(event, context)

    def modules_for(self, path: str) -> Iterable[str]:
        """The modules with the routes of a path; none for a path that is not ours."""
        while path and path not in self._served_by:
            path = path.rpartition("/")[0]
        return self._served_by.get(path, ())

    def register_all(self) -> None:
        """Registers every route and function, for those who ask what there is."""
        for modules in self._served_by.values():
            self._register(modules)
        self._register(self._functions)

    def _register(self, modules: Iterable[str]) -> None:
        for module in modules:
            if module not in self._registered:
                self._registered.add(module)
                self.register_blueprint(import_module(module).bp)
