import dataclasses

import pytest

from handlers import bootstrap
from handlers.score_uploads_settings import ScoreUploadsSettings
from inference import Scorer
from sink.errors import SettingsError
from sink.policy import Policy
from tests.fakes import CountingScorer
from tests.unit.handlers.test_settings import GOOD

SETTINGS = ScoreUploadsSettings.from_env({**GOOD, "PIXLAKE_RESULT_CACHE": ""})


@pytest.fixture
def models(monkeypatch):
    """Put models of these names into service."""

    def serve(*names):
        monkeypatch.setattr(Scorer, "load", lambda settings: CountingScorer(**dict.fromkeys(names, "1")))

    return serve


def test_alerts_follow_the_settings_and_the_policy_that_ships(models):
    models("nsfw", "text")

    alerts = bootstrap.score_uploads(SETTINGS).alerts

    assert (alerts.alert_on, alerts.policy, alerts.bus.bus) == (SETTINGS.alert_on, Policy.read(), SETTINGS.alert_bus)


def test_without_a_bus_there_are_no_alerts(models):
    models("nsfw")

    assert bootstrap.score_uploads(dataclasses.replace(SETTINGS, alert_bus=None)).alerts is None


def test_an_alert_that_no_model_in_service_could_raise_stops_the_start(models):
    models("nsfw")

    with pytest.raises(SettingsError, match=r"PIXLAKE_ALERT_ON names has_text, but no model text is in service"):
        bootstrap.score_uploads(SETTINGS)
