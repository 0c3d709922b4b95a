"""The category model's labels: complete, unique, in ImageNet-1k order, and as the data files say."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from tools.labels import derive as labels
from tools.labels.derive import LABELS_CSV, RulesError, derive, read_families, read_replacements, read_synsets, to_csv


def committed_rows() -> list[dict[str, str]]:
    with LABELS_CSV.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


ROWS = committed_rows()
BY_LABEL = {row["label"]: row for row in ROWS}


def test_given_the_data_files_when_derived_again_then_labels_csv_is_the_same_to_the_byte():
    assert to_csv(derive()).encode() == LABELS_CSV.read_bytes()


def test_given_labels_csv_then_it_has_a_thousand_rows_in_order():
    assert list(ROWS[0]) == ["index", "synset", "label", "family"]
    assert [row["index"] for row in ROWS] == [str(index) for index in range(1000)]
    # ImageNet-1k is sorted by synset: sorted, unique and 1000 of them leaves one order only
    synsets = [row["synset"] for row in ROWS]
    assert synsets == sorted(set(synsets))
    assert all(re.fullmatch(r"n\d{8}", synset) for synset in synsets)


def test_given_the_labels_then_each_is_unique_lower_case_and_plain():
    names = [row["label"] for row in ROWS]

    assert len(set(names)) == 1000
    assert all(re.fullmatch(r"[a-z][a-z' -]*[a-z]", name) for name in names)


def test_given_the_families_then_all_are_documented_and_none_is_empty():
    families = read_families()

    assert {row["family"] for row in ROWS} == set(families)
    assert all(families.values())


def test_given_the_families_then_few_classes_fit_none():
    assert Counter(row["family"] for row in ROWS)["other"] < 50


@pytest.mark.parametrize(
    ("index", "synset", "label", "family"),
    [
        (0, "n01440764", "tench", "fish"),
        (134, "n02012849", "crane bird", "bird"),
        (207, "n02099601", "golden retriever", "dog"),
        (281, "n02123045", "tabby cat", "cat"),
        (292, "n02129604", "tiger", "wild mammal"),
        (517, "n03126707", "crane machine", "other vehicle"),
        (638, "n03710637", "maillot", "clothing"),
        (639, "n03710721", "one-piece swimsuit", "clothing"),
        (670, "n03791053", "motor scooter", "motorcycle"),
        (963, "n07873807", "pizza", "food"),
        (967, "n07920052", "espresso", "drink"),
        (999, "n15075141", "toilet paper", "home goods"),
    ],
)
def test_given_a_well_known_class_then_its_row_is_right(index: int, synset: str, label: str, family: str):
    assert ROWS[index] == {"index": str(index), "synset": synset, "label": label, "family": family}


@pytest.mark.parametrize(
    ("family", "members"),
    [
        (
            "car",
            {
                "convertible",
                "jeep",
                "limousine",
                "minivan",
                "model t",
                "race car",
                "sports car",
                "station wagon",
                "taxi",
            },
        ),
        ("bus", {"minibus", "school bus", "trolleybus"}),
        ("motorcycle", {"moped", "motor scooter"}),
        ("phone", {"dial telephone", "mobile phone", "payphone"}),
        ("cat", {"tabby cat", "tiger cat", "persian cat", "siamese cat", "egyptian cat"}),
    ],
)
def test_given_a_family_an_analyst_counts_then_it_holds_exactly_its_classes(family: str, members: set[str]):
    assert {row["label"] for row in ROWS if row["family"] == family} == members


def test_given_names_that_mislead_then_the_family_follows_the_thing():
    assert BY_LABEL["pickup truck"]["family"] == "truck"
    assert BY_LABEL["railway carriage"]["family"] == "train"  # WordNet: passenger car
    assert BY_LABEL["dingo"]["family"] == "wild mammal"
    assert BY_LABEL["cardigan"]["family"] == "clothing"
    assert BY_LABEL["cardigan welsh corgi"]["family"] == "dog"
    assert BY_LABEL["computer mouse"]["family"] == "computer"
    assert BY_LABEL["hot dog"]["family"] == "food"


def test_given_an_entry_of_labels_toml_then_it_changes_something():
    defaults = {synset.index: synset.lemmas.split(", ")[0].lower() for synset in read_synsets()}

    assert [index for index, label in read_replacements().items() if defaults[index] == label] == []


def with_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changed: tuple[str, str]) -> None:
    """Point the derivation at a copy of its rules, with `old` replaced by `new` in a file."""
    for name in ("labels", "families"):
        text = (labels.HERE / f"{name}.toml").read_text(encoding="utf-8")
        old, new = changed.get(name, ("", ""))
        assert old in text
        (tmp_path / f"{name}.toml").write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    monkeypatch.setattr(labels, "HERE", tmp_path)


def test_given_a_class_in_no_family_when_derived_then_it_is_named(tmp_path, monkeypatch):
    with_rules(tmp_path, monkeypatch, families=('"281-285"', '"281-284"'))

    with pytest.raises(RulesError, match="285 egyptian cat"):
        derive()


def test_given_a_class_in_two_families_when_derived_then_both_are_named(tmp_path, monkeypatch):
    with_rules(tmp_path, monkeypatch, families=('"minibus"', '"minibus", "minivan"'))

    with pytest.raises(RulesError, match=r"656 minivan': \['bus', 'car'\]"):
        derive()


def test_given_a_label_that_no_class_has_when_derived_then_it_is_named(tmp_path, monkeypatch):
    with_rules(tmp_path, monkeypatch, families=('"school bus"', '"skool bus"'))

    with pytest.raises(RulesError, match=r"\[bus\]: no class has the label 'skool bus'"):
        derive()


def test_given_two_classes_with_one_label_when_derived_then_they_are_named(tmp_path, monkeypatch):
    with_rules(tmp_path, monkeypatch, labels=('"crane machine"', '"crane bird"'))

    with pytest.raises(RulesError, match=r"'crane bird': \[134, 517\]"):
        derive()


def test_given_a_range_beyond_the_classes_when_derived_then_it_is_named(tmp_path, monkeypatch):
    with_rules(tmp_path, monkeypatch, families=('"151-268"', '"151-2680"'))

    with pytest.raises(RulesError, match="'151-2680' is not an index or a range below 1000"):
        derive()
