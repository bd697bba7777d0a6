"""The local stack as a whole: MiniStack with the deployed package, the dev issuer, the fake Zuora, stack.json."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.deploy import REGION, Aws, deploy
from devstack.issuer import AUDIENCE, dev_issuer
from devstack.ministack import free_port, ministack, require_free
from devstack.package import ROOT, build
from devstack.problems import StackProblem
from devstack.zuora import fake_zuora

LOCAL = ROOT / ".local"
STACK_NAME = "billing-managers"
PORTAL_URL = "http://127.0.0.1:8400"  # nothing listens there: the links in mails lead to it
SENDER = "billing@portal.example"


@dataclass(frozen=True, slots=True)
class Stack:
    """Where everything is. ``described`` are the fields of stack.json."""

    api_url: str
    aws_endpoint_url: str
    zuora_url: str
    issuer_url: str
    portal_url: str
    region: str
    stack_name: str
    zuora_client_id: str
    zuora_client_secret: str
    outputs: dict[str, str]

    @property
    def aws(self) -> Aws:
        """Clients for the local AWS."""
        return Aws(self.aws_endpoint_url)

    @property
    def described(self) -> dict[str, str]:
        """What stack.json says."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "outputs"}


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack on 127.0.0.1."""

    aws: int
    zuora: int
    issuer: int


@contextmanager
def running_stack(
    *, folder: Path = LOCAL, persist: bool = False, overrides: dict[str, str] | None = None
) -> Iterator[Stack]:
    """Boots everything, writes stack.json when all is ready, removes it at the end.

    ``persist`` keeps data and ports over restarts; ``overrides`` are template parameters.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stack_file = folder / "stack.json"
    _require_alone(stack_file)
    package = build("local")
    kept = _kept(folder, persist=persist)
    with ExitStack() as servers:
        zuora = servers.enter_context(
            fake_zuora(
                port=kept.ports.zuora, client_id=kept.client_id, client_secret=kept.client_secret,
                kept_in=folder / "zuora.json" if persist else None,
            )
        )  # fmt: skip
        issuer = servers.enter_context(dev_issuer(port=kept.ports.issuer))
        endpoint = servers.enter_context(
            ministack(executable=_executable(), folder=folder, port=kept.ports.aws, persist=persist)
        )
        aws = Aws(endpoint)
        _verify_sender(aws)
        parameters = _parameters(issuer.url, zuora.url) | (overrides or {})
        outputs = deploy(aws, package, stack_name=STACK_NAME, parameters=parameters)
        _hand_over_credentials(aws, outputs, kept)
        stack = Stack(
            api_url=f"{endpoint}/restapis/{outputs['RestAPIId']}/api/_user_request_",
            aws_endpoint_url=endpoint,
            zuora_url=zuora.url,
            issuer_url=issuer.url,
            portal_url=PORTAL_URL,
            region=REGION,
            stack_name=STACK_NAME,
            zuora_client_id=kept.client_id,
            zuora_client_secret=kept.client_secret,
            outputs=outputs,
        )
        written = folder / "stack.json.new"
        written.write_text(json.dumps({**stack.described, "pid": os.getpid()}, indent=2) + "\n")
        written.rename(stack_file)
        servers.callback(stack_file.unlink, missing_ok=True)
        yield stack


@dataclass(frozen=True, slots=True)
class _Kept:
    ports: Ports
    client_id: str
    client_secret: str


def _kept(folder: Path, *, persist: bool) -> _Kept:
    """Ports and Zuora credentials: fresh ones, or with ``persist`` those of the last time."""
    file = folder / "kept.json"
    if persist and file.exists():
        old = json.loads(file.read_text())
        ports = Ports(**old["ports"])
        for name, port in old["ports"].items():
            require_free(port, f"{name.upper()}_PORT")
        return _Kept(ports, old["client_id"], old["client_secret"])
    ports = Ports(aws=_port("AWS_PORT"), zuora=_port("ZUORA_PORT"), issuer=_port("ISSUER_PORT"))
    fresh = _Kept(ports, f"{secrets.token_hex(16)[:8]}-0000-4000-8000-{secrets.token_hex(6)}", secrets.token_hex(20))
    if persist:
        plain = {"aws": ports.aws, "zuora": ports.zuora, "issuer": ports.issuer}
        file.write_text(
            json.dumps({"ports": plain, "client_id": fresh.client_id, "client_secret": fresh.client_secret})
        )
    return fresh


def _port(name: str) -> int:
    chosen = os.environ.get(name)
    if not chosen:
        return free_port()
    if not chosen.isdigit():
        raise StackProblem(f"{name} must be a port number, not {chosen!r}.")
    require_free(int(chosen), name)
    return int(chosen)


def _require_alone(stack_file: Path) -> None:
    """Two stacks can run side by side, but not with one stack.json."""
    if not stack_file.exists():
        return
    pid = json.loads(stack_file.read_text() or "{}").get("pid", 0)
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        stack_file.unlink()
        return
    raise StackProblem(
        f"A stack is running here already (process {pid}, {stack_file}). "
        "Stop it, or set STACK_DIR to another folder for a second one."
    )


def _executable() -> Path:
    found = LOCAL / "tools" / "bin" / "ministack"
    if not found.exists():
        raise StackProblem("MiniStack is not installed; `make setup` does that.")
    return found


def _verify_sender(aws: Aws) -> None:
    domain = SENDER.partition("@")[2]
    ses = aws.client("sesv2")
    if domain not in {each["IdentityName"] for each in ses.list_email_identities()["EmailIdentities"]}:
        ses.create_email_identity(EmailIdentity=domain)


def _parameters(issuer_url: str, zuora_url: str) -> dict[str, str]:
    return {
        "Stage": "local",
        "ServiceVersion": "local",
        "PortalUrl": PORTAL_URL,
        "AllowedOrigins": f"{PORTAL_URL},http://localhost:8400",
        "ProductName": "Example Portal",
        "SupportUrl": f"{PORTAL_URL}/support",
        "MailFrom": f"Example Portal <{SENDER}>",
        "MailFromAddress": SENDER,
        "MailIdentity": SENDER.partition("@")[2],
        "Issuer": issuer_url,
        "Audience": AUDIENCE,
        "JwksUrl": f"{issuer_url}/.well-known/jwks.json",
        "ZuoraBaseUrl": zuora_url,
    }


def _hand_over_credentials(aws: Aws, outputs: dict[str, str], kept: _Kept) -> None:
    """What the operator does on AWS after the first deployment."""
    text = json.dumps({"client_id": kept.client_id, "client_secret": kept.client_secret})
    aws.client("secretsmanager").put_secret_value(SecretId=outputs["ZuoraSecret"], SecretString=text)
