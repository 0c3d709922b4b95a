"""What the tests of the local cloud's core share: an endpoint with an empty moto behind it."""

from __future__ import annotations

import pytest

from pixlake.localcloud.clients import client_factory
from pixlake.localcloud.cloud import _reset_moto
from pixlake.localcloud.front import Front
from pixlake.localcloud.lambda_runtime import LambdaService
from pixlake.localcloud.resources import Site
from pixlake.localcloud.stack import Stack

REGION = "us-east-1"


@pytest.fixture
def front():
    _reset_moto()
    front = Front(0)
    yield front
    front.close()
    _reset_moto()


@pytest.fixture
def client(front):
    return client_factory(front.url, REGION)


@pytest.fixture
def site(client):
    return Site(client=client, region=REGION)


@pytest.fixture
def deploy(tmp_path, site):
    """Create a stack from a template's text."""

    def deploy(text, parameters=None, **more_files):
        for name, content in more_files.items():
            (tmp_path / f"{name}.yaml").write_text(content)
        (tmp_path / "template.yaml").write_text(text)
        stack = Stack(tmp_path / "template.yaml", parameters or {}, "demo", REGION)
        stack.check()
        stack.create(site)
        return stack

    return deploy


@pytest.fixture
def check(tmp_path):
    """Check a template's text without creating anything; return the stack."""

    def check(text, parameters=None, **more_files):
        for name, content in more_files.items():
            (tmp_path / f"{name}.yaml").write_text(content)
        (tmp_path / "template.yaml").write_text(text)
        stack = Stack(tmp_path / "template.yaml", parameters or {}, "demo", REGION)
        stack.check()
        return stack

    return check


@pytest.fixture
def functions(front, tmp_path):
    """Start functions from settings; their processes end with the test."""
    services = []

    def start(*settings):
        service = LambdaService(settings, front.url, REGION, tmp_path / "logs")
        services.append(service)
        return service

    yield start
    for service in services:
        service.close()
