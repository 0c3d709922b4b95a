"""Each formula against a figure worked out by hand, for 864,000 images a day: ten a second, 25.92 million a month."""

from dataclasses import replace
from math import ceil

import pytest

from pixlake.cost import items
from pixlake.cost.workload import CACHE_ITEM_BYTES, LOG_BYTES_A_BATCH, PARQUET_BYTES, ROW_BYTES, Workload
from sink.packing import Limits

GB = 1_073_741_824
MONTH = 25_920_000
# A window of 45 s: each of five pollers gathers 1 + 10 × 45 / 5 = 91 images, so batches of 50 are full.
WORK = Workload(
    images_per_day=864_000, window_s=45, ms_per_image=100, memory_mb=1_769, duplicates=0.25, reconcile_hours=1
)
BATCHES = 518_400  # 25.92 million / 50


def of(item):
    return {charge.price: charge.quantity for charge in item.charges}


def test_batches_are_full_where_the_window_suffices():
    assert WORK.batch == 50
    assert WORK.batches == BATCHES


def test_a_short_window_leaves_batches_small():
    # 10 images a second × 2 s, spread over five pollers, after the message that opens the batch
    assert replace(WORK, window_s=2).batch == 1 + 4
    assert replace(WORK, window_s=0).batch == 1


def test_compute_is_time_times_memory():
    # 75 % × 100 ms + 25 % × 5 ms = 76.25 ms an image; 100 ms a batch; 1769 / 1024 GB
    seconds = MONTH * 0.07625 + BATCHES * 0.1
    assert seconds == pytest.approx(2_028_240)
    assert of(items.compute(WORK)) == {"lambda_compute": pytest.approx(seconds * 1769 / 1024)}


def test_without_the_cache_every_duplicate_is_scored():
    seconds = MONTH * 0.1 + BATCHES * 0.1
    assert of(items.compute(replace(WORK, result_cache=False)))["lambda_compute"] == pytest.approx(
        seconds * 1769 / 1024
    )


def test_two_vcpus_are_one_and_a_half_times_as_fast_and_half_a_vcpu_is_half():
    images_s, batches_s = MONTH * 0.07625, BATCHES * 0.1
    two, half = of(items.compute(replace(WORK, memory_mb=3_538))), of(items.compute(replace(WORK, memory_mb=885)))
    assert two["lambda_compute"] == pytest.approx((images_s / 1.5 + batches_s) * 3538 / 1024)
    assert half["lambda_compute"] == pytest.approx((images_s * 1769 / 885 + batches_s) * 885 / 1024)


def test_time_an_image_grows_with_the_part_of_it_that_reads_the_file():
    assert Workload(mean_bytes=250_000).image_ms == pytest.approx(60)
    # 89 % of 60 ms do not depend on the size, 11 % do
    assert Workload(mean_bytes=1_000_000).image_ms == pytest.approx(60 * 0.89 + 4 * 60 * 0.11)
    assert Workload(mean_bytes=1_000_000, ms_per_image=42).image_ms == 42


def test_one_request_a_batch_and_one_get_an_image():
    assert of(items.requests(WORK)) == {"lambda_requests": BATCHES}
    assert of(items.downloads(WORK)) == {"s3_get": MONTH}


def test_the_queue_is_sent_to_once_an_image_and_emptied_in_tens():
    # five receives and five deletes for 50 messages; five pollers × 3 a minute × 43,200 minutes
    assert of(items.queue(WORK)) == {"sqs_requests": MONTH + 10 * BATCHES + 648_000}


def test_a_topic_before_the_queue_is_paid_for_and_eventbridge_is_not():
    topic = {"sns_requests": MONTH, "sns_filtering": MONTH * 750 / GB}
    assert of(items.queue(replace(WORK, entry="sns"))) == of(items.queue(WORK)) | topic
    assert of(items.queue(replace(WORK, entry="eventbridge"))) == of(items.queue(WORK))


def test_a_batch_of_one_image_costs_a_receive_and_a_delete():
    assert of(items.queue(replace(WORK, batch_size=1))) == {"sqs_requests": 3 * MONTH + 648_000}


def test_firehose_rounds_each_record_up_to_5_kb():
    assert items.firehose_bytes(1) == 5_120  # 1,464 bytes
    assert items.firehose_bytes(4) == 10_240  # 5,856 bytes
    assert items.firehose_bytes(50) == 76_800  # 73,200 bytes are 14.3 steps


def test_firehose_counts_the_records_that_packing_makes():
    # at most 500 rows: 732,000 bytes are 143 steps; then the rest of 100 rows: 146,400 bytes are 29 steps
    assert items.firehose_bytes(600) == (143 + 29) * 5_120
    # at most 3,000 bytes: two rows a record, one step each
    assert items.firehose_bytes(6, Limits(bytes_a_record=3_000)) == 3 * 5_120


def test_the_stream_is_billed_by_bytes_and_files():
    gb = BATCHES * 76_800 / GB
    # 864,000 rows are 1.26 GB a day, less than 288 buffers of 128 MB: one file every five minutes
    assert of(items.stream(WORK)) == {
        "firehose_ingestion": pytest.approx(gb),
        "firehose_conversion": pytest.approx(gb),
        "firehose_partitioning": pytest.approx(gb),
        "firehose_objects": 288 * 30,
        "firehose_jq": pytest.approx(MONTH * 59e-6 / 3600),
        "s3_put_list": 288 * 30,
    }


def test_a_full_buffer_makes_a_file_before_its_time():
    assert replace(WORK, images_per_day=100e6).files_a_day == pytest.approx(100e6 * ROW_BYTES / 134_217_728)


def test_packed_rows_are_billed_at_most_a_tenth_above_their_bytes():
    assert items.firehose_bytes(50) <= 1.1 * 50 * ROW_BYTES


def test_the_result_cache_reads_every_content_and_writes_new_ones():
    # 75 % of 864,000 a day for 14 days
    assert of(items.result_cache(WORK)) == {
        "dynamodb_reads": MONTH / 2,
        "dynamodb_writes": MONTH * 0.75,
        "dynamodb_storage": pytest.approx(648_000 * 14 * CACHE_ITEM_BYTES / GB),
    }
    assert of(items.result_cache(replace(WORK, result_cache=False))) == {}


def test_the_ledger_lists_a_day_and_a_half_at_every_run():
    # 720 runs × 1,296 LIST; 0.1 s of 1 GB each; 125 bytes of every row of a day
    assert of(items.ledger(WORK)) == {
        "s3_put_list": 933_120,
        "athena_scan": pytest.approx(720 * 864_000 * 125 / GB),
        "lambda_compute": pytest.approx(93_312),
    }
    assert of(items.ledger(replace(WORK, reconcile_hours=6)))["s3_put_list"] == 933_120 / 6


def test_athena_bills_ten_megabytes_at_least():
    small = replace(WORK, images_per_day=100)
    assert of(items.ledger(small))["athena_scan"] == pytest.approx(720 * 10 / 1024)
    assert of(items.queries(small))["athena_scan"] == pytest.approx(300 * 10 / 1024)


def test_the_lake_keeps_a_day_s_rows_for_as_many_days():
    assert of(items.lake(replace(WORK, lake_days=100))) == {
        "s3_storage": pytest.approx(86_400_000 * PARQUET_BYTES / GB)
    }


def test_a_query_reads_half_of_a_week_s_bytes():
    # 300 queries × 7 days; three reads of each of 288 files a day
    assert of(items.queries(WORK)) == {
        "athena_scan": pytest.approx(300 * 7 * 864_000 * PARQUET_BYTES / GB / 2),
        "s3_get": 300 * 7 * 288 * 3,
    }


def test_alerts_are_events():
    assert of(items.alerts(replace(WORK, alert_share=0.02))) == {"eventbridge_events": pytest.approx(518_400)}


def test_logs_grow_with_batches_and_metrics_do_not():
    gb = BATCHES * LOG_BYTES_A_BATCH / GB
    many, few = (of(items.observability(replace(WORK, images_per_day=n, log_days=60))) for n in (864_000, 864))
    assert many["logs_ingestion"] == pytest.approx(gb)
    assert many["logs_storage"] == pytest.approx(2 * gb)
    assert (many["metrics"], many["alarms"]) == (few["metrics"], few["alarms"])


def test_the_ledger_rounds_a_listing_up():
    assert replace(WORK, images_per_day=1_000).ledger_lists == 720 * ceil(1.5)
