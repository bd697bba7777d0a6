"""The local stack as a whole: MiniStack with the deployed package, the dev issuer, the fake Zuora, stack.json."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from devstack.deploy import REGION, Aws, deploy
from devstack.issuer import AUDIENCE, dev_issuer
from devstack.ministack import free_ports, ministack, require_free
from devstack.package import ROOT, build
from devstack.problems import StackProblem
from devstack.zuora import fake_zuora

LOCAL = ROOT / ".local"
MINISTACK = LOCAL / "tools" / "bin" / "ministack"
STACK_NAME = "billing-managers"
PORTAL_URL = "http://127.0.0.1:8400"  # nothing listens there: the links in mails lead to it
SENDER = "billing@portal.example"
_HIGHEST_PORT = 65535


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

    ``folder`` belongs to one stack at a time; ``persist`` keeps data and ports over restarts; ``overrides``
    are template parameters.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stack_file = folder / "stack.json"
    with _alone_in(folder), ExitStack() as servers:
        kept = _kept(folder, persist=persist)
        package = build("local", copy_to=folder / "package")
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
            _require_same(f"{name.upper()}_PORT", port, file)
        return _Kept(ports, old["client_id"], old["client_secret"])
    aws, zuora, issuer = free_ports(3)
    ports = Ports(aws=_port("AWS_PORT", aws), zuora=_port("ZUORA_PORT", zuora), issuer=_port("ISSUER_PORT", issuer))
    if len({ports.aws, ports.zuora, ports.issuer}) < len(fields(ports)):
        raise StackProblem("AWS_PORT, ZUORA_PORT and ISSUER_PORT must be different ports.")
    fresh = _Kept(ports, f"{secrets.token_hex(16)[:8]}-0000-4000-8000-{secrets.token_hex(6)}", secrets.token_hex(20))
    if persist:
        file.write_text(json.dumps(asdict(fresh)))
    return fresh


def _port(name: str, otherwise: int) -> int:
    chosen = os.environ.get(name)
    if not chosen:
        return otherwise
    if not chosen.isdecimal() or not 0 < int(chosen) <= _HIGHEST_PORT:
        raise StackProblem(f"{name} must be a port number, not {chosen!r}.")
    require_free(int(chosen), name)
    return int(chosen)


def _require_same(name: str, port: int, file: Path) -> None:
    """What is kept knows its own addresses, so the ports of the first time stay."""
    if _port(name, port) != port:
        raise StackProblem(f"The kept stack has {name}={port}. Unset {name}, or remove {file.parent} to start again.")
    require_free(port, name)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two stacks can run side by side, but not in one folder. The lock goes with the process, however it ends."""
    stack_file = folder / "stack.json"
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackProblem(
                f"A stack is running here already, or starting or stopping ({stack_file}). "
                "Stop it, or set STACK_DIR to another folder for a second one."
            ) from None
        stack_file.unlink(missing_ok=True)  # of one that was killed
        yield


def _executable() -> Path:
    if not MINISTACK.exists():
        raise StackProblem("MiniStack is not installed; `make setup` does that.")
    return MINISTACK


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
