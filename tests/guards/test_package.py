"""What is deployed: complete, compiled, and nothing else."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devstack.package import ROOT

UNCHECKED_HASH = 0b01
OURS = ("app.py", "chalicelib/__init__.py", "chalicelib/emails/templates/en/invitation_created/invitee/body.html")


def bare(folder: Path, code: str) -> None:
    """Runs code in an interpreter that has the standard library and the package, and nothing else."""
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); sys.dont_write_bytecode = True\n{code}"
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- it is ours
    assert done.returncode == 0, done.stderr


def test_every_handler_can_be_imported_from_the_package_alone(unpacked: Path, template: dict[str, Any]) -> None:
    """A handler string is made from a function's name, and nothing else checks that it leads there."""
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    handlers = {each["Properties"]["Handler"] for each in functions}
    assert handlers >= {"app.app", "chalicelib.functions.emails.emails", "chalicelib.functions.relay.relay",
                        "chalicelib.functions.relay.sweep"}  # fmt: skip
    for handler in sorted(handlers):
        module, _, name = handler.rpartition(".")
        bare(unpacked, f"from importlib import import_module\nassert callable(import_module({module!r}).{name})")


def test_every_module_of_ours_can_be_imported_from_the_package_alone(unpacked: Path) -> None:
    """Those too that a function imports only when it needs them; so no dependency is missing."""
    files = sorted((unpacked / "chalicelib").rglob("*.py"))
    modules = [
        str(file.relative_to(unpacked).with_suffix("")).replace("/", ".").removesuffix(".__init__") for file in files
    ]
    assert len(modules) > 50
    bare(unpacked, f"from importlib import import_module\nfor name in {modules!r}: import_module(name)")


LATE = """
import os, jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from chalicelib.addresses import normalised
from chalicelib.clients.jwks import ALGORITHMS
from chalicelib.emails import render

made = {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate()}
for name in ALGORITHMS:
    key = made[name]
    known = jwt.PyJWK(jwt.get_algorithm_by_name(name).to_jwk(key.public_key(), as_dict=True), name)
    assert jwt.decode(jwt.encode({"sub": "kim"}, key, name), known.key, algorithms=[name]) == {"sub": "kim"}
cipher = AESSIV(os.urandom(64))
assert cipher.decrypt(cipher.encrypt(b"text", []), []) == b"text"
assert normalised("Kim@Example.COM")
"""
"""What libraries load when they are called first: jwt, for one, does without cryptography until a key comes."""


def test_what_is_left_of_the_libraries_does_what_we_call_them_for(unpacked: Path) -> None:
    """The package leaves out parts of wheels; an import alone does not show that one of these is needed."""
    bare(unpacked, LATE)


def test_the_same_sources_make_the_same_bytes_in_another_folder(package: Path, tmp_path: Path) -> None:
    """So that a deployment changes only what has changed, and anybody can check what is deployed."""
    elsewhere = tmp_path / "a longer name" / "elsewhere"
    for name in ("chalicelib", ".chalice", "devstack"):
        shutil.copytree(ROOT / name, elsewhere / name, ignore=shutil.ignore_patterns("__pycache__", "deployments"))
    for name in ("app.py", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, elsewhere)
    (wheels,) = (ROOT / "build" / "local").glob("wheels-*")  # installing them again would bring the same
    shutil.copytree(wheels, elsewhere / "build" / "local" / wheels.name, copy_function=os.link)
    command = [sys.executable, "-m", "devstack.package", "--target", "local"]
    subprocess.run(command, check=True, cwd=elsewhere, stdout=subprocess.DEVNULL)  # noqa: S603 -- it is ours
    for name in ("deployment.zip", "template.json"):
        assert (elsewhere / "build/local/out" / name).read_bytes() == (package / name).read_bytes()


def test_a_dependency_that_is_missing_is_noticed(unpacked: Path) -> None:
    """The control for the two above: the bare interpreter sees nothing of this environment."""
    with pytest.raises(AssertionError, match="No module named 'pytest'"):
        bare(unpacked, "import pytest")


def test_every_module_comes_with_bytecode_that_is_used(package: Path) -> None:
    """Lambda's disk is read-only and the times in the package mean nothing: unchecked hashes, or it is in vain."""
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        names = set(archive.namelist())
        sources = [name for name in names if name.endswith(".py")]
        assert len(sources) > 700
        for source in sources:
            folder, _, file = source.rpartition("/")
            compiled = f"{folder}/__pycache__/".lstrip("/") + f"{file[:-3]}.{sys.implementation.cache_tag}.pyc"
            assert compiled in names, f"{source} has no bytecode"
            head = archive.read(compiled)[:8]
            assert head[:4] == importlib.util.MAGIC_NUMBER, source
            assert int.from_bytes(head[4:], "little") == UNCHECKED_HASH, source


def test_the_package_holds_our_code_and_nothing_of_the_workshop(package: Path) -> None:
    names = zipfile.ZipFile(package / "deployment.zip").namelist()
    assert set(OURS) <= set(names)
    workshop = re.compile(r"^(tests|devstack|bench|docs|\.chalice)/|pytest|moto/|\.env|\.yaml$|(^|/)conftest\.py$")
    of_ours = [name for name in names if "/" not in name or name.startswith(("chalicelib/", "tests/", "devstack/"))]
    assert not [name for name in of_ours if workshop.search(name)]
    assert len(names) == len(set(names))


def test_the_package_is_small_enough_for_lambda(package: Path) -> None:
    """A bound of our own, far below Lambda's: 50 MB packed for an upload without S3, 250 MB unpacked."""
    archive = package / "deployment.zip"
    assert archive.stat().st_size < 14e6
    assert sum(each.file_size for each in zipfile.ZipFile(archive).infolist()) < 250e6


MAKES_CLIENTS = "import botocore.session\nbotocore.session.get_session()"


def test_the_package_describes_the_services_that_the_code_calls_and_no_others(unpacked: Path) -> None:
    """Botocore's data of all of AWS would be half of the package; one that is missing is an error at its first call."""
    called = {
        found
        for file in (ROOT / "chalicelib").rglob("*.py")
        for found in re.findall(r"\b(?:create_)?client\(\s*\"([a-z0-9-]+)\"", file.read_text())
    }
    assert called >= {"dynamodb", "sqs", "sesv2", "secretsmanager"}
    there = {folder.name for folder in (unpacked / "botocore" / "data").iterdir() if folder.is_dir()}
    assert there == called | {"sts"}
    for service in sorted(called):
        bare(unpacked, f"{MAKES_CLIENTS}.create_client({service!r}, region_name='us-east-1')")


def pinned() -> dict[str, str]:
    """What requirements.txt pins."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    pins: dict[str, str] = {}
    for line in filter(None, lines):
        found = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line)
        assert found, f"{line!r} is no exact pin"
        pins[canonicalize_name(found[1])] = found[2]
    return pins


def installed(unpacked: Path) -> Iterable[Distribution]:
    return [PathDistribution(folder) for folder in unpacked.glob("*.dist-info")]


def test_what_is_pinned_is_what_is_in_the_package(unpacked: Path) -> None:
    there = {canonicalize_name(each.name): each.version for each in installed(unpacked)}
    assert there == pinned()


def test_everything_that_a_dependency_needs_is_pinned_in_a_version_that_it_takes(unpacked: Path) -> None:
    """What ``pip check`` says, for the package; extras that we use are named here."""
    extras = {"pyjwt": "crypto"}
    pins = pinned()
    for each in installed(unpacked):
        for text in each.requires or ():
            needed = Requirement(text)
            extra = extras.get(canonicalize_name(each.name), "")
            if needed.marker is not None and not needed.marker.evaluate({"extra": extra}):
                continue
            version = pins.get(canonicalize_name(needed.name))
            assert version is not None, f"{each.name} needs {needed}"
            assert needed.specifier.contains(version), f"{each.name} needs {needed}, pinned is {version}"
