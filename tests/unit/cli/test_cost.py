import json

import pytest
from typer.testing import CliRunner

from pixlake.cli import app
from pixlake.cli.terminal import CommandError
from pixlake.cost.bill import bill
from pixlake.cost.workload import Workload


def run(*arguments):
    return CliRunner().invoke(app, ["cost", *arguments])


def test_the_json_has_every_item_and_adds_up():
    document = json.loads(run("--json").stdout)

    assert document["usd_per_million"] == pytest.approx(bill(Workload()).million)
    assert sum(item["usd_per_month"] for item in document["items"]) == pytest.approx(document["usd_per_month"])
    assert document["workload"]["ms_per_image"] == 60
    assert document["prices"]["region"] == "us-east-1"
    assert document["largest"] == "Lambda, compute"


def test_each_option_reaches_the_workload():
    result = run(
        *("--images-per-day", "200000", "--mean-bytes", "1500000", "--duplicates", "0.1", "--ms-per-image", "90"),
        *("--memory", "3538", "--batch-size", "20", "--window", "7", "--no-result-cache", "--result-cache-days", "3"),
        *("--reconcile-hours", "1", "--buffer", "900", "--nsfw-alert-share", "0.05", "--log-days", "7"),
        *("--days", "90", "--queries-per-day", "3", "--entry", "sns", "--json"),
    )

    work = Workload(
        images_per_day=200_000,
        mean_bytes=1_500_000,
        duplicates=0.1,
        ms_per_image=90,
        memory_mb=3_538,
        entry="sns",
        batch_size=20,
        window_s=7,
        result_cache=False,
        result_cache_days=3,
        reconcile_hours=1,
        buffer_s=900,
        alert_share=0.05,
        log_days=7,
        lake_days=90,
        queries_per_day=3,
    )
    assert json.loads(result.stdout)["usd_per_month"] == pytest.approx(bill(work).month)


def test_the_options_defaults_are_the_workload_s():
    workload = json.loads(run("--json").stdout)["workload"]

    assert {name: workload[name] for name in vars(Workload()) if name != "ms_per_image"} == {
        name: value for name, value in vars(Workload()).items() if name != "ms_per_image"
    }


def test_images_a_month_stand_for_a_thirtieth_a_day():
    assert json.loads(run("--images", "3000000", "--json").stdout)["workload"]["images_per_day"] == 100_000


def test_a_person_sees_the_total_what_dominates_and_what_to_set():
    result = run("--images-per-day", "10000000")

    assert result.exit_code == 0
    assert "Lambda, compute is the largest" in result.stdout
    assert "  MemorySize: " in result.stdout
    assert "The result cache pays from 34% of duplicates on" in result.stdout
    assert "Rekognition" in result.stdout


def test_a_batch_that_lambda_refuses_is_refused():
    result = run("--window", "0")

    assert isinstance(result.exception, CommandError)
    assert "--window of at least 1 second" in str(result.exception)
    assert run("--window", "0", "--batch-size", "10").exit_code == 0
