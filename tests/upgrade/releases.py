"""The last release, as its directory beside this file keeps it."""

import shutil
import tarfile
from pathlib import Path

from tests.conftest import ROOT

(LAST,) = (path for path in Path(__file__).parent.iterdir() if path.name[0].isdigit())
"""One release only: what is older updates by way of it."""


def unpack(folder: Path) -> Path:
    """Lay out the last release's templates and code, with this checkout's weights; return its template."""
    shutil.copytree(LAST, folder)
    with tarfile.open(folder / "src.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    for model in (folder / "src" / "inference" / "models").iterdir():
        weights = ROOT / "src" / "inference" / "models" / model.name / "model.onnx"
        if weights.exists():
            (model / "model.onnx").symlink_to(weights)
    return folder / "template.yaml"
