from datetime import date

import pytest

from handlers.settings import ScoreUploadsSettings
from sink.errors import SettingsError

GOOD = {
    "PIXLAKE_STREAM": "rows",
    "PIXLAKE_EARLIEST_UPLOAD_DATE": "2026-01-01",
    "PIXLAKE_MAX_IMAGE_BYTES": "1000",
    "PIXLAKE_MAX_IMAGE_PIXELS": "2000",
    "PIXLAKE_METADATA_NAMES": "Listing-Id, seller,",
}


def test_settings_are_typed():
    settings = ScoreUploadsSettings.from_env(GOOD)

    assert settings == ScoreUploadsSettings("rows", date(2026, 1, 1), 1000, 2000, frozenset({"listing-id", "seller"}))


@pytest.mark.parametrize("name", [name for name in GOOD if name != "PIXLAKE_METADATA_NAMES"])
def test_a_missing_setting_is_named(name):
    with pytest.raises(SettingsError, match=f"{name} is not set: .* template.yaml"):
        ScoreUploadsSettings.from_env({**GOOD, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIXLAKE_EARLIEST_UPLOAD_DATE", "1st of May"),
        ("PIXLAKE_MAX_IMAGE_BYTES", "-1"),
        ("PIXLAKE_MAX_IMAGE_PIXELS", "many"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(name, value):
    with pytest.raises(SettingsError, match=f"{name} is '{value}', not a"):
        ScoreUploadsSettings.from_env({**GOOD, name: value})
