"""The local stack as a whole: MiniStack, the deployed package, and .local/stack.json."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from devstack.deploy import REGION, Aws, deploy
from devstack.ministack import free_port, ministack, require_free
from devstack.package import ROOT, build

LOCAL = ROOT / ".local"
STACK_NAME = "billing-managers"


@dataclass(frozen=True, slots=True)
class Stack:
    """Where everything listens; the same fields stand in stack.json."""

    api_url: str
    aws_endpoint_url: str
    region: str
    stack_name: str

    @property
    def aws(self) -> Aws:
        """Clients for the local AWS."""
        return Aws(self.aws_endpoint_url)


def _port(name: str) -> int:
    chosen = os.environ.get(name)
    if not chosen:
        return free_port()
    require_free(int(chosen), name)
    return int(chosen)


@contextmanager
def running_stack(*, folder: Path = LOCAL, persist: bool = False) -> Iterator[Stack]:
    """Boots everything, writes stack.json when all is ready, removes it at the end."""
    folder.mkdir(exist_ok=True)
    package = build("local")
    with ministack(
        executable=LOCAL / "tools" / "bin" / "ministack", folder=folder, port=_port("AWS_PORT"), persist=persist
    ) as endpoint:
        outputs = deploy(Aws(endpoint), package, stack_name=STACK_NAME, parameters={})
        stack = Stack(
            api_url=f"{endpoint}/restapis/{outputs['RestAPIId']}/api/_user_request_",
            aws_endpoint_url=endpoint,
            region=REGION,
            stack_name=STACK_NAME,
        )
        stack_file = folder / "stack.json"
        stack_file.write_text(json.dumps(asdict(stack), indent=2) + "\n")
        try:
            yield stack
        finally:
            stack_file.unlink(missing_ok=True)
