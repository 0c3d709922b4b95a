"""Real awslambdaric processes with tiny handlers."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixlake.localcloud.lambda_runtime import FunctionSettings
from pixlake.localcloud.protocol import ServiceError
from pixlake.localcloud.waiting import wait_until

ARN = "arn:aws:lambda:us-east-1:123456789012:function:app"


@pytest.fixture
def app(functions, tmp_path):
    """Start a function from its source; return invoke(event) -> outcome with its payload read."""

    def start(source, **settings):
        code = tmp_path / "code"
        code.mkdir(exist_ok=True)
        (code / "app.py").write_text(textwrap.dedent(source))
        service = functions(FunctionSettings("app", ARN, "app.handler", code, "python3.13", **settings))

        def invoke(event=None):
            outcome = service.invoke("app", json.dumps(event or {}).encode())
            return outcome.failed, json.loads(outcome.payload)

        log = tmp_path / "logs" / "app.log"
        invoke.log = lambda: log.read_text() if log.exists() else ""
        invoke.service = service
        return invoke

    return start


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_given_a_handler_when_invoked_twice_then_the_second_is_warm_and_the_log_is_lambdas(app):
    invoke = app(
        """
        import os
        print("starting up")
        count = 0
        def handler(event, context):
            global count
            count += 1
            print("working")
            return {"count": count, "pid": os.getpid(), "n": event["n"], "arn": context.invoked_function_arn,
                    "left": context.get_remaining_time_in_millis(), "memory": context.memory_limit_in_mb}
        """,
        timeout_seconds=7,
        memory_mb=256,
    )
    failed, first = invoke({"n": "ü"})
    assert not failed
    assert (first["count"], first["n"], first["arn"], first["memory"]) == (1, "ü", ARN, "256")
    assert 0 < first["left"] <= 7000
    _, second = invoke({"n": 2})
    assert (second["count"], second["pid"]) == (2, first["pid"])
    log = invoke.log()
    assert log.count("starting up") == 1
    assert log.count("working") == 2
    assert [line.split()[0] for line in log.splitlines() if line.split()[0].isupper()] == ["START", "END", "REPORT"] * 2
    reports = [line for line in log.splitlines() if line.startswith("REPORT")]
    assert "Init Duration: " in reports[0]
    assert "Init Duration: " not in reports[1]
    assert "Memory Size: 256 MB\tMax Memory Used: " in reports[0]


def test_given_the_callers_environment_when_invoked_then_none_of_it_leaks(app, monkeypatch, front, tmp_path):
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    invoke = app(
        """
        import os, pathlib
        def handler(event, context):
            home = [path.name for path in pathlib.Path.home().iterdir()]
            return {"env": dict(os.environ), "cwd": os.getcwd(), "home": home}
        """,
        variables={"PIXLAKE_STREAM": "rows", "AWS_REGION": "nowhere"},
        log_format="JSON",
        log_level="INFO",
    )
    _, seen = invoke()
    environment = seen["env"]
    assert set(environment) - {"LC_CTYPE"} == {
        *[
            "_HANDLER",
            "_X_AMZN_TRACE_ID",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "TZ",
            "HOME",
            "TMPDIR",
            "PATH",
            "PYTHONPATH",
            "PIXLAKE_STREAM",
        ],
        *["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"],
        *[
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
        ],
        *["AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL", "AWS_EXECUTION_ENV", "AWS_REGION", "AWS_DEFAULT_REGION"],
        *["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"],
    }
    assert (environment["PIXLAKE_STREAM"], environment["AWS_REGION"]) == ("rows", "us-east-1")
    assert environment["AWS_ENDPOINT_URL"] == front.url
    assert environment["LAMBDA_TASK_ROOT"] == seen["cwd"] == str(tmp_path / "code")
    assert seen["home"] == []


def test_given_a_handler_that_raises_when_invoked_then_the_error_is_told_and_the_process_stays(app):
    invoke = app(
        """
        import os
        def handler(event, context):
            if event.get("bad"):
                raise ValueError(f"no good in {os.getpid()}")
            return os.getpid()
        """
    )
    _, pid = invoke()
    failed, error = invoke({"bad": True})
    assert failed
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", f"no good in {pid}")
    assert error["stackTrace"]
    assert invoke() == (False, pid)


def test_given_a_handler_that_takes_too_long_when_invoked_then_it_and_its_children_are_killed(app):
    invoke = app(
        """
        import os, subprocess, sys, time
        def handler(event, context):
            if not event.get("stuck"):
                return os.getpid()
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            print(f"PIDS {os.getpid()} {child.pid}", flush=True)
            time.sleep(60)
        """,
        timeout_seconds=1,
    )
    failed, error = invoke({"stuck": True})
    assert failed
    assert error["errorMessage"].endswith("Task timed out after 1.00 seconds")
    pids = [int(pid) for pid in invoke.log().split("PIDS ")[1].splitlines()[0].split()]
    wait_until(lambda: not any(alive(pid) for pid in pids), 5)
    failed, pid = invoke()
    assert not failed
    assert pid not in pids
    assert "Task timed out after 1.00 seconds" in invoke.log()


@pytest.mark.parametrize(
    ("death", "told"),
    [
        ("os._exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "signal: SIGKILL"),
        ("sys.exit(0)", "exit status 0"),
    ],
)
def test_given_a_process_that_dies_when_invoked_then_the_invocation_fails_and_the_next_is_fresh(app, death, told):
    invoke = app(
        f"""
        import os, sys
        def handler(event, context):
            if event.get("die"):
                {death}
            return "alive"
        """
    )
    assert invoke() == (False, "alive")
    failed, error = invoke({"die": True})
    assert failed
    assert error["errorType"] == "Runtime.ExitError"
    assert told in error["errorMessage"]
    assert invoke() == (False, "alive")


def test_given_an_import_that_fails_when_invoked_then_the_init_error_is_told_and_mended_code_runs(app, tmp_path):
    invoke = app("import nothing_of_this_name\n")
    failed, error = invoke()
    assert failed
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_of_this_name" in error["errorMessage"]
    (tmp_path / "code" / "app.py").write_text("def handler(event, context):\n    return 'mended'\n")
    assert invoke() == (False, "mended")


def test_given_an_init_that_kills_the_process_when_invoked_then_the_invocation_fails(app):
    failed, error = app("import os\nos._exit(7)\n")()
    assert failed
    assert "exit status 7" in error["errorMessage"]


def test_given_an_init_that_never_ends_when_invoked_then_it_is_given_up(app, monkeypatch):
    monkeypatch.setattr("pixlake.localcloud.lambda_runtime.environment.INIT_SECONDS", 0.5)
    failed, error = app("import time\ntime.sleep(60)\n", timeout_seconds=1)()
    assert failed
    assert "Init timed out" in error["errorMessage"]


def test_given_a_response_that_is_too_large_when_invoked_then_the_invocation_fails(app):
    failed, error = app("def handler(event, context):\n    return 'x' * 7_000_000\n")()
    assert failed
    assert error["errorType"] == "Function.ResponseSizeTooLarge"


def test_given_a_payload_that_is_too_large_when_invoked_then_it_is_refused(app):
    invoke = app("def handler(event, context):\n    return 1\n")
    with pytest.raises(ServiceError, match="RequestEntityTooLarge"):
        invoke({"x": "y" * 7_000_000})


def test_given_two_invocations_at_once_when_run_then_each_has_an_environment_of_its_own(app, tmp_path):
    invoke = app(
        """
        import os, pathlib, time
        def handler(event, context):
            folder = pathlib.Path(event["folder"])
            (folder / str(os.getpid())).touch()
            while len(list(folder.iterdir())) < 2:
                time.sleep(0.01)
            return os.getpid()
        """,
        timeout_seconds=20,
    )
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: invoke({"folder": str(meeting)}), range(2)))
    assert [failed for failed, _ in results] == [False, False]
    assert len({pid for _, pid in results}) == 2


def test_given_a_warm_environment_when_closed_then_its_process_is_gone(app):
    invoke = app("import os\ndef handler(event, context):\n    return os.getpid()\n")
    _, pid = invoke()
    assert alive(pid)
    invoke.service.close()
    assert not alive(pid)


def test_given_a_running_invocation_when_closed_then_it_fails_and_nothing_is_left(app):
    invoke = app(
        """
        import os, time
        def handler(event, context):
            print(f"PID {os.getpid()}", flush=True)
            time.sleep(60)
        """,
        timeout_seconds=60,
    )
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke)
        wait_until(lambda: "PID " in invoke.log(), 10)
        pid = int(invoke.log().split("PID ")[1].split()[0])
        invoke.service.close()
        failed, _ = running.result(timeout=10)
    assert failed
    assert not alive(pid)


def test_given_the_local_cloud_is_killed_when_a_function_runs_then_the_kernel_ends_it(tmp_path):
    (tmp_path / "app.py").write_text(
        "import os, time\ndef handler(event, context):\n    print(os.getpid(), flush=True)\n    time.sleep(60)\n"
    )
    program = f"""
from pathlib import Path
from pixlake.localcloud.lambda_runtime import FunctionSettings, LambdaService
settings = FunctionSettings("app", "{ARN}", "app.handler", Path("{tmp_path}"), "python3.13", timeout_seconds=60)
LambdaService([settings], "http://127.0.0.1:1", "us-east-1", Path("{tmp_path}/logs")).invoke("app", b"{{}}")
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    log = tmp_path / "logs" / "app.log"
    numbers = wait_until(lambda: log.exists() and [line for line in log.read_text().splitlines() if line.isdigit()], 10)
    pid = int(numbers[0])
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not alive(pid), 5)
