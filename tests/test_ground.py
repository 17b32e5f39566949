"""What the repository promises as a whole: its packages, its lock, its compose file, its one-way arrows."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("foreshock", "recorder", "faults", "replayer", "scenarios")


def test_every_package_folder_is_listed_in_pyproject() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {
        ".".join(init.parent.relative_to(ROOT).parts) for room in ROOMS for init in (ROOT / room).rglob("__init__.py")
    }
    assert listed == found


def test_no_module_has_the_name_of_a_standard_one_at_the_root() -> None:
    import sys

    assert not set(ROOMS) & set(sys.stdlib_module_names)


def test_the_tests_are_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_the_lock_pins_by_hash_and_names_no_address() -> None:
    lock = (ROOT / "requirements.txt").read_text()
    assert not re.search(r"https?://|--index-url|--find-links", lock)
    pins = re.findall(r"^[a-z0-9][a-z0-9._-]*==", lock, flags=re.MULTILINE)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)


def test_the_leaf_package_stays_small() -> None:
    assert len(list((ROOT / "foreshock").glob("*.py"))) < 10


def _compose() -> list[str] | None:
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0:
        return [docker, "compose"]
    return None


def test_the_compose_file_is_valid_for_the_compose_tool() -> None:
    compose = _compose()
    if compose is None:
        assert not os.environ.get("CI"), "CI installs docker-compose; without it docker-compose.yml is not validated"
        pytest.skip("no Compose tool here (docker-compose or docker compose)")
    checked = subprocess.run(
        [*compose, "-f", str(ROOT / "docker-compose.yml"), "--profile", "customers", "config", "--quiet"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
