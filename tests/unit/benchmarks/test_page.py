"""The committed results: the pages say what they say, and they reach what the project holds itself to."""

import json
import operator
import re

import pytest

from benchmarks import chart, page, tables
from benchmarks.tasks import GROUPS

RESULTS = json.loads(page.RESULTS.read_text(encoding="utf-8"))
HOLDS = {"≥": operator.ge, "≤": operator.le}


@pytest.mark.parametrize("path", page.PAGES, ids=lambda path: path.name)
def test_a_page_has_the_tables_that_the_results_make(path):
    text = path.read_text(encoding="utf-8")

    assert re.search(r"<!-- benchmark: \w+ -->", text)
    assert page.rendered(text, RESULTS) == text, "run `python -m benchmarks.page`"


def test_every_table_is_on_a_page():
    told = "".join(path.read_text(encoding="utf-8") for path in page.PAGES)

    assert set(re.findall(r"<!-- benchmark: (\w+) -->", told)) == set(page.TABLES)


@pytest.mark.parametrize("name", tables.TARGETS)
def test_the_results_reach_the_aim(name):
    sign, bound = tables.TARGETS[name]

    assert HOLDS[sign](RESULTS[name], bound)


def test_the_results_are_of_the_whole_data_set_with_peers():
    assert (RESULTS["quick"], RESULTS["rounds"]) == (False, 5)
    assert {"ray", "daft", "onnxruntime", "python"} <= set(RESULTS["versions"])
    compared = [task for group in GROUPS[1:] for task in group if task.kind != "limit" or task.weights == "int8"]
    assert len(page.bars(RESULTS)) == len(compared), "each is drawn, but the limit in fp32"


def test_a_table_changed_by_hand_is_made_anew():
    changed = "<!-- benchmark: growth -->\nby hand\n<!-- end -->"

    assert "by hand" not in page.rendered(changed, RESULTS)


def test_the_plot_shows_each_bar_with_its_quartiles(tmp_path):
    bar = chart.Bar("panel", "pixlake", "pixlake", 20.0, 19.0, 21.0)
    spec = chart._spec([bar], 23.0, "somebody's VM")
    [panel] = spec["vconcat"]

    assert panel["data"]["values"] == [
        {"name": "pixlake", "kind": "pixlake", "rate": 20.0, "low": 19.0, "high": 21.0, "reference": 23.0}
    ]
    chart.draw([bar], 23.0, "somebody's VM", tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
