"""boto3 clients of the local endpoint, deaf to the caller's AWS profile, proxies and endpoints."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

_lock = threading.Lock()


@cache
def _models() -> Any:
    """Return the reader of the services' models, one a process: parsing them is what takes long about a client."""
    import botocore.loaders  # noqa: PLC0415

    return botocore.loaders.create_loader()


def core_session() -> Any:
    """Return a botocore session with dummy credentials that reads no profile and no file of the caller's."""
    import botocore.session  # noqa: PLC0415

    session = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    session.register_component("data_loader", _models())
    session.set_credentials("test", "test")
    return session


def client_factory(endpoint_url: str, region: str) -> Callable[[str], Any]:
    """Return a function from a service's name to its client; clients are made once and shared between threads."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    session = boto3.Session(botocore_session=core_session())
    config = Config(
        proxies={},
        retries={"mode": "standard", "total_max_attempts": 2},
        s3={"addressing_style": "path"},
        max_pool_connections=50,
    )
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        with _lock:
            if service not in clients:
                make: Any = session.client
                clients[service] = make(service, region_name=region, endpoint_url=endpoint_url, config=config)
            return clients[service]

    return client
