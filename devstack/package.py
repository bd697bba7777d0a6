"""Builds the deployable package: vendored wheels with bytecode, our code, the template.

    python -m devstack.package --target lambda    wheels for Lambda (manylinux, x86_64 or arm64)
    python -m devstack.package --target local     wheels for the machine this runs on

The result is ``build/<target>/out/{template.json, deployment.zip}``. Published wheels
carry no bytecode and Lambda's disk is read-only, so without this step every cold start
compiles every module again (three times the import time). The same sources make the same bytes in every folder.
"""

import argparse
import fcntl
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import chalice
import yaml

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = {"x86_64": "manylinux2014_x86_64", "arm64": "manylinux2014_aarch64"}
"""Wheels that run on the C library of every Lambda runtime; that of Python 3.11 has 2.26."""
_IGNORED = {"__pycache__", "deployments", "deployed"}
INVALIDATION = py_compile.PycInvalidationMode.UNCHECKED_HASH  # the times of files in the package mean nothing
BYTECODE = ["compileall", "-q", "--invalidation-mode", "unchecked-hash"]
SERVICES = frozenset({"dynamodb", "lambda", "secretsmanager", "sesv2", "sqs", "sts"})
"""The services of AWS that the functions call; ``sts`` so that a role can be assumed."""
RUNTIME = ("__init__.py", "app.py")  # of chalice
NEVER_CALLED = (
    "bin",
    "*.dist-info/RECORD",  # names the scripts of bin with their hashes, which depend on the folder
    "*/py.typed",
    "cffi", "pycparser",  # cryptography's wheel needs their compiled half only, _cffi_backend
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/[!_j]*",  # the logger needs jmespath_utils
    "botocore/data/dynamodb/2011-12-05", "botocore/data/lambda/2014-11-11",  # earlier versions of these APIs
    "dateutil/zoneinfo/*.tar.gz",  # time zones, which no time of ours has
    "dns",  # email_validator would ask it whether a domain takes mails
    "pydantic/mypy.py", "pydantic/v1/*",
)  # fmt: skip
"""What nothing loads of the wheels, as glob patterns: the import of every module of ours from the package is tested."""


def build(target: str, architecture: str = "x86_64", *, copy_to: Path | None = None) -> Path:
    """Builds the package; returns the folder that holds template.json and deployment.zip.

    Nothing is built again while no source has changed. Builds wait for each other; ``copy_to`` is a folder
    of the caller's own for the result, which no later build replaces.
    """
    name = "local" if target == "local" else f"lambda-{architecture}"
    work = ROOT / "build" / name
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system gives it back, however this ends
        out = _built(work, target, architecture)
        if copy_to is None:
            return out
        shutil.copytree(out, copy_to, dirs_exist_ok=True)
        return copy_to


def _built(work: Path, target: str, architecture: str) -> Path:
    out, key = work / "out", _key(target, architecture)
    stamp = out / "built-from"
    if stamp.exists() and stamp.read_text() == key:
        return out
    app = work / "app"
    vendor = _compiled(_wheels(work, target, architecture))
    shutil.rmtree(app, ignore_errors=True)
    app.mkdir()
    _copy_sources(app, architecture)
    shutil.copytree(vendor, app / "vendor", symlinks=True, copy_function=os.link)
    _compile_what_chalice_adds(app)
    _chalice_package(app, out)
    stamp.write_text(key)
    return out


def _key(target: str, architecture: str) -> str:
    """Changes whenever the package would come out different."""
    digest = hashlib.sha256(f"{target} {architecture} {sys.version}".encode())
    files = [ROOT / name for name in ("requirements.txt", "requirements-dev.txt", "app.py")] + [Path(__file__)]
    for folder in ("chalicelib", ".chalice"):
        found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and not _IGNORED & set(path.parts))
        files += sorted(found)
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _compiled(wheels: Path) -> Path:
    """The wheels with their bytecode, which is made once."""
    vendor = wheels.with_name(f"compiled-{wheels.name}")
    if not vendor.exists():
        fresh = wheels.with_name("compiled-new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(wheels, fresh, copy_function=os.link)
        _compile_all(fresh)
        fresh.rename(vendor)
    return vendor


def _wheels(work: Path, target: str, architecture: str) -> Path:
    """Installs the pinned wheels once for each requirements.txt, interpreter and platform."""
    pins = (ROOT / "requirements.txt").read_bytes()
    key = hashlib.sha256(pins + f"{sys.version} {sorted(SERVICES)} {NEVER_CALLED}".encode()).hexdigest()[:16]
    wheels = work / f"wheels-{key}"
    if wheels.exists():
        return wheels
    for old in [*work.glob("wheels-*"), *work.glob("compiled-*")]:
        shutil.rmtree(old)
    fresh = work / "wheels-new"
    shutil.rmtree(fresh, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--target",
        str(fresh),
        "-r",
        str(ROOT / "requirements.txt"),
    ]
    if target == "lambda":
        command += ["--platform", PLATFORMS[architecture]]
        command += ["--implementation", "cp", "--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"]
    subprocess.run(command, check=True)
    _leave_out_what_nobody_calls(fresh)
    fresh.rename(wheels)
    return wheels


def _compile_all(folder: Path) -> None:
    """Puts bytecode beside every source. It names files as seen from the folder, wherever that is."""
    fixed = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run([sys.executable, "-m", *BYTECODE, "-s", str(folder), str(folder)], check=True, env=fixed)


def _leave_out_what_nobody_calls(vendor: Path) -> None:
    """Botocore describes every service of AWS, in half of what would be the package; ours are a handful."""
    for pattern in NEVER_CALLED:
        for unused in vendor.glob(pattern):
            shutil.rmtree(unused) if unused.is_dir() else unused.unlink()
    for service in (vendor / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)


def _copy_sources(app: Path, architecture: str) -> None:
    ignore = shutil.ignore_patterns(*_IGNORED, "*.yaml")
    shutil.copy(ROOT / "app.py", app)
    shutil.copytree(ROOT / "chalicelib", app / "chalicelib", ignore=ignore)
    shutil.copytree(ROOT / ".chalice", app / ".chalice", ignore=ignore)
    (app / "requirements.txt").write_text("")
    _compile_all(app)
    config_file = app / ".chalice" / "config.json"
    config = json.loads(config_file.read_text())
    config["lambda_architecture"] = architecture
    config_file.write_text(json.dumps(config))
    whole = yaml.safe_load((ROOT / ".chalice" / "resources.yaml").read_text())
    resources = {name: part for name, part in whole.items() if not name.startswith("x-")}
    (app / ".chalice" / "resources.json").write_text(json.dumps(resources))


def _compile_what_chalice_adds(app: Path) -> None:
    """Chalice puts app.py and its runtime in as sources only; their bytecode goes where Python looks for it."""
    runtime, vendor = Path(chalice.__file__).parent, app / "vendor"
    added = {app / "app.py": vendor} | {runtime / name: vendor / "chalice" for name in RUNTIME}
    for source, package in added.items():
        target = package / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        seen = str((package / source.name).relative_to(vendor))
        py_compile.compile(str(source), str(target), seen, doraise=True, invalidation_mode=INVALIDATION)


def _chalice_package(app: Path, out: Path) -> Path:
    """Runs ``chalice package``; the template comes out in JSON, which has no anchors."""
    shutil.rmtree(out, ignore_errors=True)
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(
        [
            str(Path(sys.executable).parent / "chalice"),
            "--project-dir",
            str(app),
            "package",
            "--stage",
            "service",
            "--merge-template",
            str(app / ".chalice" / "resources.json"),
            str(out),
        ],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    (out / "sam.json").rename(out / "template.json")
    _in_order_and_without_times(out / "deployment.zip")
    return out


def _in_order_and_without_times(archive: Path) -> None:
    """Writes the archive again: Chalice takes the order in which the disk lists files, and their times."""
    again = archive.with_suffix(".again")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(again, "w") as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            new.writestr(entry, old.read(name), zipfile.ZIP_DEFLATED, compresslevel=9)
    again.replace(archive)


def main() -> None:
    """Builds what the command line asks for and says where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=["lambda", "local"], default="lambda")
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), default="x86_64")
    arguments = parser.parse_args()
    out = build(arguments.target, arguments.architecture)
    size = (out / "deployment.zip").stat().st_size
    print(f"{out / 'template.json'}\n{out / 'deployment.zip'} ({size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
