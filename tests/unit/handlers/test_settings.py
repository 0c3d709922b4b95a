from datetime import date

import pytest

from handlers.score_uploads_settings import ScoreUploadsSettings
from sink.errors import SettingsError

GOOD = {
    "PIXLAKE_STREAM": "rows",
    "PIXLAKE_EARLIEST_UPLOAD_DATE": "2026-01-01",
    "PIXLAKE_MAX_IMAGE_BYTES": "1000",
    "PIXLAKE_MAX_IMAGE_PIXELS": "2000",
    "PIXLAKE_METADATA_NAMES": "Listing-Id, seller,",
    "PIXLAKE_RESULT_CACHE": "results",
    "PIXLAKE_RESULT_CACHE_DAYS": "30",
    "PIXLAKE_TRUST_ETAG": "off",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "PIXLAKE_ALERT_ON": "has_text, is_nsfw",
    "PIXLAKE_ALERT_BUS": "arn:aws:events:us-east-1:123456789012:event-bus/alerts",
}
OPTIONAL = {"PIXLAKE_METADATA_NAMES", "PIXLAKE_RESULT_CACHE", "PIXLAKE_ALERT_ON"}


def test_settings_are_typed():
    settings = ScoreUploadsSettings.from_env(GOOD)

    assert settings == ScoreUploadsSettings(
        stream="rows",
        earliest_upload_date=date(2026, 1, 1),
        max_image_bytes=1000,
        max_image_pixels=2000,
        metadata_names=frozenset({"listing-id", "seller"}),
        result_cache="results",
        result_cache_days=30,
        trust_etag=False,
        memory_mb=1769,
        alert_on=frozenset({"has_text", "is_nsfw"}),
        alert_bus="arn:aws:events:us-east-1:123456789012:event-bus/alerts",
    )


@pytest.mark.parametrize(("memory", "decode"), [("1024", 512), ("1769", 1169), ("10240", 9640)])
def test_a_decoding_process_gets_what_the_function_leaves(memory, decode):
    settings = ScoreUploadsSettings.from_env({**GOOD, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory})

    assert settings.decode_memory_mb == decode


@pytest.mark.parametrize(("memory", "threads"), [("1024", 1), ("1769", 1), ("3008", 1), ("3538", 2), ("10240", 5)])
def test_the_models_run_on_the_cores_that_the_memory_buys(memory, threads):
    assert ScoreUploadsSettings.from_env({**GOOD, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}).threads == threads


def test_without_a_table_there_is_no_cache():
    assert ScoreUploadsSettings.from_env({**GOOD, "PIXLAKE_RESULT_CACHE": ""}).result_cache is None


def test_without_judgements_to_alert_on_no_bus_is_needed():
    settings = ScoreUploadsSettings.from_env({**GOOD, "PIXLAKE_ALERT_ON": "", "PIXLAKE_ALERT_BUS": ""})

    assert (settings.alert_on, settings.alert_bus) == (frozenset(), None)


def test_a_judgement_that_is_none_is_named_with_those_that_are():
    with pytest.raises(SettingsError, match=r"PIXLAKE_ALERT_ON names is_rude: .* has_text, is_nsfw, .* AlertOn"):
        ScoreUploadsSettings.from_env({**GOOD, "PIXLAKE_ALERT_ON": "is_nsfw,is_rude"})


@pytest.mark.parametrize("name", sorted(GOOD.keys() - OPTIONAL))
def test_a_missing_setting_is_named(name):
    with pytest.raises(SettingsError, match=f"{name} is not set: "):
        ScoreUploadsSettings.from_env({**GOOD, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIXLAKE_EARLIEST_UPLOAD_DATE", "1st of May"),
        ("PIXLAKE_MAX_IMAGE_BYTES", "-1"),
        ("PIXLAKE_MAX_IMAGE_PIXELS", "many"),
        ("PIXLAKE_RESULT_CACHE_DAYS", "0"),
        ("PIXLAKE_TRUST_ETAG", "yes"),
        ("PIXLAKE_ALERT_BUS", "alerts"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(name, value):
    with pytest.raises(SettingsError, match=f"{name} is '{value}', not a"):
        ScoreUploadsSettings.from_env({**GOOD, name: value})
