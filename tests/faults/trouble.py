"""Faults as AWS and the network show them: what a boto3 client raises, and a worker that is no more."""

from botocore.exceptions import ClientError, ConnectTimeoutError, IncompleteReadError, ReadTimeoutError

ENDPOINT = "https://service.us-east-1.amazonaws.com"


class Killed(BaseException):
    """The worker is gone: time-out, out of memory, crash. No `except Exception` of the code may see it."""


def client_error(code: str, status: int, call: str, message: str = "said the test") -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, call)


def throttled(call: str) -> ClientError:
    code = {"GetObject": "SlowDown", "HeadObject": "503"}.get(call, "ThrottlingException")
    return client_error(code, 503 if call.endswith("Object") else 400, call)


def failing(call: str) -> ClientError:
    return client_error("InternalError", 500, call)


def expired(call: str) -> ClientError:
    code = "ExpiredToken" if call.endswith("Object") else "ExpiredTokenException"
    return client_error(code, 400, call, "The security token included in the request is expired")


def denied(call: str) -> ClientError:
    return client_error("AccessDenied", 403, call)


def no_answer(call: str) -> Exception:
    return ReadTimeoutError(endpoint_url=ENDPOINT)


def no_connection(call: str) -> Exception:
    return ConnectTimeoutError(endpoint_url=ENDPOINT)


def cut_short(call: str) -> Exception:
    return IncompleteReadError(actual_bytes=1, expected_bytes=2)


TROUBLES = (throttled, failing, denied, no_answer, no_connection, cut_short)
