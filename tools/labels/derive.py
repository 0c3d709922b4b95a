"""Labels and families of the ImageNet-1k classes, derived from two data files beside this module."""

import csv
import io
import re
import tomllib
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SYNSETS_CSV = HERE / "synsets.csv"
LABELS_CSV = HERE.parent.parent / "src" / "inference" / "models" / "category" / "labels.csv"
CLASSES = 1000


class RulesError(Exception):
    """The data files do not give every class exactly one label and one family."""


@dataclass(frozen=True)
class Synset:
    """A class as ImageNet-1k lists it."""

    index: int
    synset: str
    lemmas: str  # "cab, hack, taxi, taxicab"


@dataclass(frozen=True)
class ClassLabel:
    """A row of labels.csv."""

    index: int
    synset: str
    label: str
    family: str


def read_synsets() -> list[Synset]:
    """Return the classes in ImageNet-1k order, as extracted from timm's wheel (see `tools.labels.source`)."""
    with SYNSETS_CSV.open(newline="", encoding="utf-8") as lines:
        return [Synset(int(row["index"]), row["synset"], row["lemmas"]) for row in csv.DictReader(lines)]


def read_families() -> dict[str, str]:
    """Return what each family holds, in the order of families.toml."""
    return {name: family["means"] for name, family in _toml("families.toml").items()}


def read_replacements() -> dict[int, str]:
    """Return the labels that differ from the first lemma, by index."""
    return {int(index): label for index, label in _toml("labels.toml").items()}


def derive() -> list[ClassLabel]:
    """Return a label and a family for every class, in ImageNet-1k order.

    Raises
    ------
    RulesError
        A label given twice; a family's label that no class has; a class in no family or in two.
    """
    synsets = read_synsets()
    labels = _labels(synsets)
    families = _family_by_index(labels)
    return [ClassLabel(s.index, s.synset, labels[s.index], families[s.index]) for s in synsets]


def to_csv(rows: Iterable[ClassLabel]) -> str:
    """Return the text of labels.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(ClassLabel))
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _labels(synsets: list[Synset]) -> list[str]:
    replaced = read_replacements()
    if unknown := replaced.keys() - range(CLASSES):
        raise RulesError(f"labels.toml: no class has the index {sorted(unknown)}; the indices are 0 to {CLASSES - 1}")
    labels = [replaced.get(s.index, s.lemmas.split(", ")[0].lower()) for s in synsets]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        where = {label: [i for i, other in enumerate(labels) if other == label] for label in twice}
        raise RulesError(f"labels.toml: these labels are given to several classes: {where}; tell them apart there")
    return labels


def _family_by_index(labels: list[str]) -> list[str]:
    found: list[set[str]] = [set() for _ in labels]
    for name, family in _toml("families.toml").items():
        for index in _indices(name, family.get("indices", ())):
            found[index].add(name)
        for label in family.get("labels", ()):
            if label not in labels:
                raise RulesError(f"families.toml, [{name}]: no class has the label {label!r}; see labels.csv")
            found[labels.index(label)].add(name)
    wrong = {f"{i} {labels[i]}": sorted(names) for i, names in enumerate(found) if len(names) != 1}
    if wrong:
        raise RulesError(f"families.toml: a class belongs to exactly one family, but these to none or several: {wrong}")
    return [names.pop() for names in found]


def _indices(family: str, ranges: Iterable[str]) -> Iterable[int]:
    for text in ranges:
        bounds = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
        if not bounds or int(bounds[2] or bounds[1]) >= CLASSES:
            raise RulesError(f"families.toml, [{family}]: {text!r} is not an index or a range below {CLASSES}")
        yield from range(int(bounds[1]), int(bounds[2] or bounds[1]) + 1)
