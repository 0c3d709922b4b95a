"""The ratios of results.json, from measurements that can be worked out by hand."""

import pytest

from benchmarks.figures import figures, summary
from benchmarks.suite import Measured
from benchmarks.tables import SAID, TARGETS
from benchmarks.tasks import GROUPS

USAGE = {"scored_rows": 10, "billed_bytes": 20_480, "row_bytes": 16_000}


def measured(rate: float, cpu_rate: float = 10.0, usage=USAGE) -> Measured:
    return Measured(10, wall_s=99.0, cpu_s=10 / cpu_rate, services_cpu_s=0.02, charged_s=10 / rate, usage=usage)


def test_the_handler_is_compared_with_the_limit_of_its_own_round():
    found = figures(
        {
            "limit, 1 Mpx": [measured(20.0, 20.0), measured(10.0, 20.0)],
            "handler, 1 Mpx": [measured(18.0, 19.0), measured(9.0, 19.0)],
        }
    )

    assert set(found) == {"handler_vs_limit_1mpx", "handler_vs_limit_1mpx_cpu"}
    assert found["handler_vs_limit_1mpx"].median == pytest.approx(0.9)
    assert found["handler_vs_limit_1mpx_cpu"].median == pytest.approx(0.95)


def test_duplicates_make_a_batch_shorter():
    found = figures(
        {"handler, 1 Mpx, cache": [measured(14.0)], "handler, 1 Mpx, cache, 30 % duplicates": [measured(20.0)]}
    )

    assert found["duplicates_time_ratio"].median == pytest.approx(0.7)


def test_the_second_core_is_judged_by_what_it_adds():
    found = figures(
        {
            "limit, 1 Mpx": [measured(20.0)],
            "limit, 1 Mpx, 2 processes": [measured(40.0)],  # twice as fast
            "handler, 1 Mpx": [measured(10.0)],
            "handler, 1 Mpx, 2 processes": [measured(19.0)],  # 1.9 times
        }
    )

    assert found["second_core_vs_limit"].median == pytest.approx(0.9)


def test_every_figure_has_tasks_that_measure_it():
    found = figures({task.name: [measured(10.0 * task.processes)] for group in GROUPS for task in group})

    assert {"handler_vs_limit_1mpx", "handler_vs_limit_12mpx", "second_core_vs_limit", "duplicates_time_ratio"} <= set(
        found
    )
    elsewhere = {"firehose_billed_vs_rows", "init_ms", "package_mb", "peak_mb_batch_10_12mpx", "usd_per_million"}
    assert set(TARGETS) - elsewhere <= set(found)
    assert set(SAID) - elsewhere - {"growth_100000_vs_1000"} <= set(found)


def test_a_summary_tells_rates_and_what_firehose_bills():
    told = summary([measured(20.0), measured(10.0)])

    assert told["images_per_second"] == {"median": 15.0, "low": 12.5, "high": 17.5, "rounds": 2}
    assert told["services_cpu_ms_an_image"] == 2.0
    assert told["firehose_billed_vs_rows"] == 1.28
    assert "firehose_billed_vs_rows" not in summary([measured(20.0, usage={"scored_rows": 0})])
