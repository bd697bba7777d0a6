"""Builds the deployable package: vendored wheels with bytecode, our code, the template.

    python -m devstack.package --target lambda    wheels for Lambda (manylinux, x86_64 or arm64)
    python -m devstack.package --target local     wheels for the machine this runs on

The result is ``build/<target>/out/{template.json, deployment.zip}``. Published wheels
carry no bytecode and Lambda's disk is read-only, so without this step every cold start
compiles every module again (three times the import time).
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = {
    "x86_64": ["manylinux2014_x86_64", "manylinux_2_28_x86_64", "manylinux_2_34_x86_64"],
    "arm64": ["manylinux2014_aarch64", "manylinux_2_28_aarch64", "manylinux_2_34_aarch64"],
}
BYTECODE = ["compileall", "-q", "--invalidation-mode", "unchecked-hash"]


def build(target: str, architecture: str = "x86_64") -> Path:
    """Builds the package; returns the folder that holds template.json and deployment.zip."""
    name = "local" if target == "local" else f"lambda-{architecture}"
    work = ROOT / "build" / name
    app = work / "app"
    vendor = _vendor(work, target, architecture)
    shutil.rmtree(app, ignore_errors=True)
    app.mkdir(parents=True)
    _copy_sources(app, architecture)
    shutil.copytree(vendor, app / "vendor", symlinks=True)
    return _chalice_package(app, work / "out")


def _vendor(work: Path, target: str, architecture: str) -> Path:
    """Installs the pinned wheels once for each requirements.txt, interpreter and platform."""
    pins = (ROOT / "requirements.txt").read_bytes()
    key = hashlib.sha256(pins + sys.version.encode()).hexdigest()[:16]
    vendor = work / f"vendor-{key}"
    if vendor.exists():
        return vendor
    for old in work.glob("vendor-*"):
        shutil.rmtree(old)
    fresh = work / "vendor-new"
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
        for tag in PLATFORMS[architecture]:
            command += ["--platform", tag]
        command += ["--implementation", "cp", "--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"]
    subprocess.run(command, check=True)
    for unused in ("bin", "boto3/examples"):
        shutil.rmtree(fresh / unused, ignore_errors=True)
    subprocess.run([sys.executable, "-m", *BYTECODE, str(fresh)], check=True)
    fresh.rename(vendor)
    return vendor


def _copy_sources(app: Path, architecture: str) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "deployments", "deployed", "*.yaml")
    shutil.copy(ROOT / "app.py", app)
    shutil.copytree(ROOT / "chalicelib", app / "chalicelib", ignore=ignore)
    shutil.copytree(ROOT / ".chalice", app / ".chalice", ignore=ignore)
    (app / "requirements.txt").write_text("")
    subprocess.run([sys.executable, "-m", *BYTECODE, "chalicelib"], cwd=app, check=True)
    config_file = app / ".chalice" / "config.json"
    config = json.loads(config_file.read_text())
    config["lambda_architecture"] = architecture
    config_file.write_text(json.dumps(config))
    whole = yaml.safe_load((ROOT / ".chalice" / "resources.yaml").read_text())
    resources = {name: part for name, part in whole.items() if not name.startswith("x-")}
    (app / ".chalice" / "resources.json").write_text(json.dumps(resources))


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
    return out


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
