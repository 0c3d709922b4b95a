from dataclasses import replace

import pytest

from pixlake.cost.alternatives import gpu_vm, machines, rekognition
from pixlake.cost.bill import CHOICES, bill, cache_balance, cache_break_even, settings
from pixlake.cost.items import ITEMS
from pixlake.cost.page import LARGE
from pixlake.cost.workload import Workload

WORK = Workload()


def test_a_bill_adds_up_its_lines():
    reckoned = bill(WORK)

    assert len(reckoned.lines) == len(ITEMS)
    assert reckoned.month == pytest.approx(sum(line.month for line in reckoned.lines))
    assert reckoned.month == pytest.approx(30 * reckoned.million)


def test_a_line_is_its_quantities_at_their_prices():
    lines = {line.item.name: line for line in bill(replace(WORK, images_per_day=2_000_000)).lines}

    # 60 million GET at $0.40 a million
    assert lines["S3, reading images"].month == pytest.approx(24.0)
    assert lines["S3, reading images"].million == pytest.approx(0.40)
    # half a read unit at $0.125 a million, 0.7 write units at $0.625, 0.7 M × 14/30 × 970 bytes at $0.25 a GB
    by_hand = 0.0625 + 0.4375 + 700_000 * 14 / 30 * 970 / 2**30 * 0.25
    assert lines["Result cache"].million == pytest.approx(by_hand)


def test_ten_million_megapixel_photos_a_day_cost_at_most_three_and_a_half_dollars_a_million():
    assert (LARGE.images_per_day, LARGE.mean_bytes, LARGE.duplicates) == (10_000_000, 250_000, 0.3)
    assert bill(LARGE).million <= 3.50


def test_compute_is_what_dominates():
    assert bill(WORK).largest.item.name == "Lambda, compute"
    assert bill(Workload(images_per_day=1_000)).largest.item.name == "Logs, metrics, alarms"


def test_settings_are_ranked_by_what_they_change():
    found = settings(WORK)

    assert {setting.name for setting in found} == set(CHOICES)
    assert [setting.spread for setting in found] == sorted((setting.spread for setting in found), reverse=True)
    for setting in found:
        field, _ = CHOICES[setting.name]
        for value, usd in setting.others.items():
            assert usd == pytest.approx(bill(replace(WORK, **{field: value})).million)


def test_what_matters_depends_on_the_volume():
    first = {images: settings(Workload(images_per_day=images))[0].name for images in (100_000, 10_000_000)}

    assert first == {100_000: "BatchingWindowSeconds", 10_000_000: "MemorySize"}


def test_a_setting_off_the_usual_values_is_compared_with_all_of_them():
    [window] = [each for each in settings(replace(WORK, window_s=7)) if each.name == "BatchingWindowSeconds"]

    assert window.value == 7
    assert set(window.others) == {1, 5, 20, 60}
    assert window.spread == pytest.approx(window.others[1] - window.others[60])


def test_the_cache_breaks_even_where_saved_compute_pays_reads_writes_and_storage():
    # Table: 0.0625 + (1 − d) × (0.625 + 970 × 14/30 × 10⁶ / 2³⁰ × 0.25); saved: d × 55 ms × 1.7275 GB × $16.6667.
    write = 0.625 + 1e6 * 14 / 30 * 970 / 2**30 * 0.25
    saved = 0.055 * 1769 / 1024 * 16.6667
    by_hand = (0.0625 + write) / (write + saved)

    assert cache_break_even(WORK) == pytest.approx(by_hand, abs=1e-5)
    assert cache_balance(WORK, by_hand - 0.01) > 0 > cache_balance(WORK, by_hand + 0.01)


def test_a_cache_of_what_costs_nothing_to_score_never_pays():
    assert cache_break_even(replace(WORK, ms_per_image=0)) is None


def test_rekognition_bills_each_call_as_an_image():
    # 15 million images a month are 30 million calls: 1 M at 0.0010, 4 M at 0.0008, 25 M at 0.0006
    assert rekognition(Workload(images_per_day=500_000)) == pytest.approx(1_000 + 3_200 + 15_000)


def test_machines_stand_ready_for_the_busiest_hour():
    # 10 M a day are 115.7 a second, at the peak 347, at 100 each
    assert machines(Workload(images_per_day=10_000_000)) == 4
    assert machines(Workload(images_per_day=10)) == 1


def test_gpu_machines_replace_lambda_and_its_cache_only():
    lines = {line.item.name: line.month for line in bill(WORK).lines}
    kept = sum(lines.values()) - lines["Lambda, compute"] - lines["Lambda, requests"] - lines["Result cache"]

    assert gpu_vm(WORK) == pytest.approx(kept + 730 * 0.526)
