"""Imports point downward only; what ships to Lambda stays light."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_the_import_contracts_of_pyproject_hold():
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert linted.returncode == 0, linted.stdout
    assert "0 broken" in linted.stdout


def test_the_scorer_imports_nothing_that_its_package_does_not_ship():
    heavy = {"pandas", "pyarrow", "awswrangler", "duckdb", "moto", "typer", "rich", "scipy", "cv2", "torch"}
    code = (
        "import sys, handlers.bootstrap as bootstrap; bootstrap.Scorer.load(bootstrap.ScorerSettings()); "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert heavy & set(loaded) == set()
    assert "onnxruntime" in loaded


def test_the_ledgers_function_reaches_neither_the_inference_nor_an_image_library():
    code = (
        "import sys, handlers.bootstrap_reconcile, handlers.reconcile_uploads_settings; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    unwanted = {"inference", "onnxruntime", "numpy", "PIL", "pi_heif", "orjson", "pandas", "pyarrow", "moto"}
    assert unwanted & set(loaded) == set()


def test_the_command_answers_help_without_loading_the_cloud():
    code = "import sys, pixlake.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert {"boto3", "awswrangler", "moto", "duckdb", "onnxruntime", "pandas"} & set(loaded) == set()


def test_files_keep_to_the_house_sizes():
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in ("src", "pixlake", "tools")
        for path in (ROOT / folder).rglob("*.py")
    }

    assert {name: size for name, size in sizes.items() if size > 300} == {}
    entry_points = {name: size for name, size in sizes.items() if name.startswith("src/handlers/")}
    assert entry_points["src/handlers/score_uploads.py"] <= 60
    assert entry_points["src/handlers/reconcile_uploads.py"] <= 60
