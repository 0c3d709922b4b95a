"""The package itself: small enough, complete, and the same whenever and wherever it is built."""

import os
import shutil
import subprocess

import pytest

from tests.conftest import ROOT
from tools import package as packages

pytestmark = pytest.mark.built
LIMIT_MB = 200
"""Below Lambda's 250 MB unzipped, with room for a model more."""
FUNCTIONS = ("CheckReleaseFunction", "ReconcileUploadsFunction", "ScoreUploadsFunction")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_fits_and_holds_no_path_of_the_machine_that_built_it(built, function):
    package = built / function

    assert packages.megabytes(package) < LIMIT_MB
    needle = str(ROOT).encode()
    assert [path for path in packages.files(package) if needle in path.read_bytes()] == []


def test_every_function_of_the_template_is_built(built):
    assert tuple(each.name for each in packages.packages(built)) == FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_module_comes_compiled(built, function):
    package = built / function
    sources = {path.relative_to(package) for path in package.rglob("*.py")}
    compiled = {path.relative_to(package) for path in package.rglob("*.cpython-313.pyc")}

    assert sources
    assert {source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc" for source in sources} == compiled


def test_another_checkout_builds_the_same_package(built, tmp_path):
    checkout = tmp_path / "elsewhere"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name, follow_symlinks=False)

    subprocess.run(
        ["make", "build", f"SAM={ROOT / '.venv-sam'}"],
        cwd=checkout,
        check=True,
        capture_output=True,
        umask=0o077,
        env={**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7"},
    )

    again = checkout / ".aws-sam" / "build"
    assert {each.name: packages.fingerprint(each) for each in packages.packages(again)} == {
        each.name: packages.fingerprint(each) for each in packages.packages(built)
    }
    assert (again / "template.yaml").read_text() == (built / "template.yaml").read_text()
