"""Lean stand-ins for S3, Firehose and DynamoDB, in one process of their own, so that its CPU time is not the scorer's.

Objects are served from memory with the headers that S3 sends, the CRC32 that current SDKs upload included, since
botocore checks it. The stream takes every record and counts; the table holds items by their key. `GET /-/usage`
tells what was done since the `POST /-/reset` before, which also empties the table.

`python -m benchmarks.loopback DIRECTORY` serves the directory's files and prints its port.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import math
import os
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

LAST_MODIFIED = "Sun, 01 Nov 2026 09:15:27 GMT"
RECORD_ROUNDING = 5 * 1024
"""Firehose bills each record rounded up to 5 KB."""


@dataclass
class Usage:
    """What was done since the last reset."""

    cpu_began: float = field(default_factory=time.process_time)
    gets: int = 0
    scored_rows: int = 0
    row_bytes: int = 0
    billed_bytes: int = 0
    put_calls: int = 0
    cache_reads: int = 0
    cache_writes: int = 0

    def to_json(self) -> dict[str, float]:
        """All counts, and the CPU time in seconds."""
        counts = {name: value for name, value in vars(self).items() if name != "cpu_began"}
        return {**counts, "cpu_s": time.process_time() - self.cpu_began}


class Loopback:
    """The state behind the three services."""

    def __init__(self, directory: Path) -> None:
        self.objects = {path.name: _object(path.read_bytes()) for path in directory.iterdir() if path.suffix != ".json"}
        self.usage = Usage()
        self._items: dict[str, dict[str, Any]] = {}
        self._targets: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "Firehose_20150804.PutRecordBatch": self._put_record_batch,
            "DynamoDB_20120810.BatchGetItem": self._batch_get_item,
            "DynamoDB_20120810.UpdateItem": self._update_item,
        }

    def answer(self, method: str, path: str, target: str, body: bytes) -> tuple[int, bytes, bytes]:
        """Status, header lines and body of the answer.

        An object's key may have folders: they make keys of their own of the same file, as copies are.
        """
        if method == "GET" and path.startswith("/-/"):
            return 200, b"", orjson.dumps(self.usage.to_json())
        if method == "GET":
            self.usage.gets += 1
            found = self.objects.get(unquote(urlsplit(path).path).rpartition("/")[2])
            return (404, b"", b"") if found is None else (200, *found)
        if path == "/-/reset":
            self._items.clear()
            self.usage = Usage()
            return 200, b"", b"{}"
        if (call := self._targets.get(target)) is None:
            return 501, b"", b""
        return 200, b"content-type: application/x-amz-json-1.1\r\n", orjson.dumps(call(orjson.loads(body)))

    def _put_record_batch(self, request: dict[str, Any]) -> dict[str, Any]:
        usage = self.usage
        usage.put_calls += 1
        for record in request["Records"]:
            data = base64.b64decode(record["Data"])
            usage.scored_rows += data.count(b'"status":"scored"')
            usage.row_bytes += len(data)
            usage.billed_bytes += math.ceil(len(data) / RECORD_ROUNDING) * RECORD_ROUNDING
        answers = [{"RecordId": "0" * 224} for _ in request["Records"]]
        return {"FailedPutCount": 0, "Encrypted": True, "RequestResponses": answers}

    def _batch_get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        self.usage.cache_reads += 1
        [(table, asked)] = request["RequestItems"].items()
        keys = [key["content"]["S"] for key in asked["Keys"]]
        return {"Responses": {table: [self._items[key] for key in keys if key in self._items]}, "UnprocessedKeys": {}}

    def _update_item(self, request: dict[str, Any]) -> dict[str, Any]:
        self.usage.cache_writes += 1
        item = self._items.setdefault(request["Key"]["content"]["S"], dict(request["Key"]))
        for assignment in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = assignment.split(" = ")
            item[request["ExpressionAttributeNames"][name]] = request["ExpressionAttributeValues"][value]
        return {}


def etag(data: bytes) -> str:
    """As S3 makes it of an object uploaded in one part."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _object(data: bytes) -> tuple[bytes, bytes]:
    checksum = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    headers = {
        "x-amz-id-2": "0" * 76,
        "x-amz-request-id": "0" * 16,
        "Date": LAST_MODIFIED,
        "Last-Modified": LAST_MODIFIED,
        "ETag": f'"{etag(data)}"',
        "x-amz-checksum-crc32": checksum,
        "x-amz-checksum-type": "FULL_OBJECT",
        "x-amz-server-side-encryption": "AES256",
        "Accept-Ranges": "bytes",
        "Content-Type": "image/jpeg",
        "Server": "AmazonS3",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode(), data


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, of requests whose length is known, which is all that botocore sends here."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self._received = bytearray()
        self._continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            first, *lines = bytes(self._received[:end]).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            until = end + 4 + int(headers.get("content-length", "0"))
            if len(self._received) < until:
                if "expect" in headers and not self._continued:
                    self._continued = True
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = bytes(self._received[end + 4 : until])
            del self._received[:until]
            self._continued = False
            method, path, _ = first.split(" ")
            status, more, answer = self._loopback.answer(method, path, headers.get("x-amz-target", ""), body)
            head = f"HTTP/1.1 {status} -\r\nContent-Length: {len(answer)}\r\n".encode()
            self._transport.writelines([head, more, b"\r\n", answer])


async def _serve(directory: Path) -> None:
    loopback = Loopback(directory)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(loopback), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "pid": os.getpid()}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
