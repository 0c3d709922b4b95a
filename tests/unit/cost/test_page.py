"""docs/costs.md and the README say what the formulas say."""

import re
from pathlib import Path

import pytest

from pixlake.cost import page
from pixlake.cost.alternatives import VM_IMAGES_A_SECOND
from pixlake.cost.bill import bill
from pixlake.cost.prices import price_list
from pixlake.cost.words import arithmetic, dollars, quantity, rate, value
from pixlake.cost.workload import JQ_US, PARQUET_BYTES, POLLERS, REFERENCE_MS, ROW_BYTES, Workload

TEXT = page.PAGE.read_text(encoding="utf-8")
README = (Path(page.PAGE).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_tables_are_those_that_the_formulas_make():
    assert page.rendered(TEXT) == TEXT, "run `make costs`"


def test_every_table_is_on_the_page_once():
    assert sorted(re.findall(r"<!-- table: (\w+) -->", TEXT)) == sorted(page.TABLES)


def test_a_table_that_was_changed_by_hand_is_made_anew():
    changed = TEXT.replace("| all, a month | |", "| all, a month | | $1 |")
    assert changed != TEXT
    assert page.rendered(changed) == TEXT


@pytest.mark.parametrize(
    "says",
    [
        f"takes {REFERENCE_MS:.0f} ms an image",
        f"A row is {ROW_BYTES:,} bytes of JSON",
        f"{PARQUET_BYTES} bytes a row",
        f"{JQ_US} µs a row",
        f"at {VM_IMAGES_A_SECOND:.0f} images a second",
        f"Fully busy it would be {dollars(0.526 / 3600 / VM_IMAGES_A_SECOND * 1e6)} a million",
        f"Billed by the clock it would be {dollars(730 * 0.07).partition('.')[0]} a month",
        f"up to {dollars(0.9 * 0.40)} more",  # a receive an image instead of a tenth of one
        f"from some {(50 - 1) / 20 * POLLERS * 60:.0f} uploads a minute",
        f"{dollars(100 * 120 * 0.005 / 1_000)} a month for 100,000",
    ],
)
def test_the_text_has_the_formulas_figures(says):
    assert says in TEXT


def test_the_readme_has_the_bill_s_figures():
    here, there = bill(page.MILLION), bill(page.LARGE)

    assert f"**{dollars(here.million)} per million images**" in README
    assert f"{dollars(there.million)} at ten million a day" in README
    assert "two fifths are Lambda's compute" in README
    assert here.largest.item.name == "Lambda, compute"
    assert 0.36 < here.largest.month / here.month < 0.44


def test_dollars_have_cents_below_a_thousand():
    assert [dollars(usd) for usd in (0, 0.004, -0.004, -0.03, 999.994, 28_450.2)] == [
        "$0.00",
        "$0.00",
        "$0.00",
        "−$0.03",
        "$999.99",
        "$28,450",
    ]


def test_quantities_and_values_are_short():
    assert [quantity(number) for number in (1_207_300.4, 47.296, 0.016388)] == ["1,207,300", "47.3", "0.0164"]
    assert [value(each) for each in (True, False, 20.0, 1_769)] == ["on", "off", "20", "1,769"]


def test_arithmetic_shows_each_quantity_with_its_price():
    prices, work = price_list(), Workload(result_cache=False)
    lines = {line.item.name: line for line in bill(work).lines}

    assert arithmetic(lines["S3, reading images"], work, prices) == "1,000,000 GET × $0.0004 per thousand"
    assert arithmetic(lines["Result cache"], work, prices) == "off"
    assert rate(prices["lambda_compute"].tiers[0], 1) == "$0.0000166667"
    assert rate(prices["athena_scan"].tiers[0], 1_024) == "$5.00 per TB"
