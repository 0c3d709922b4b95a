"""Where the classes come from: timm's wheel (Apache-2.0) lists ImageNet-1k's synsets in order, and WordNet's lemmas."""

import csv
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.labels.derive import CLASSES, SYNSETS_CSV

TIMM = "timm==1.0.31"
INFO = "timm/data/_info"


def extract() -> None:
    """Download timm's wheel and write the synsets and lemmas of ImageNet-1k to synsets.csv."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, TIMM]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(Path(folder).glob("timm-*.whl"))) as wheel:
            synsets = wheel.read(f"{INFO}/imagenet_synsets.txt").decode().split()
            lines = wheel.read(f"{INFO}/imagenet_synset_to_lemma.txt").decode().splitlines()
    lemmas = dict(line.split("\t", 1) for line in lines)
    if len(synsets) != CLASSES:
        raise ValueError(f"{TIMM}, {INFO}/imagenet_synsets.txt: {len(synsets)} synsets, but ImageNet-1k has {CLASSES}")
    with SYNSETS_CSV.open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["index", "synset", "lemmas"])
        writer.writerows([index, synset, lemmas[synset]] for index, synset in enumerate(synsets))
