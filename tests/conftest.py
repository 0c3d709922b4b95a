"""What every test may use."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_real_cloud(monkeypatch):
    """No test may reach AWS by the credentials or the endpoint of the person who runs it."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "pixlake")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "score_uploads")


@pytest.fixture(scope="session")
def event():
    """The text of a real payload in tests/events/."""

    def read(name: str) -> str:
        return (ROOT / "tests" / "events" / f"{name}.json").read_text(encoding="utf-8")

    return read


@pytest.fixture(scope="session")
def moto_endpoint():
    """moto's S3, Glue, Athena … on a port of this machine, for what speaks to an endpoint."""
    from moto.server import ThreadedMotoServer  # here: most tests need no server

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
