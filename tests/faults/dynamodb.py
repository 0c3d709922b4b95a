"""A model of the result cache's table behind the calls that the scorer makes."""

from collections import deque
from collections.abc import Callable
from copy import deepcopy

from tests.faults.trouble import expired


class SimulatedTable:
    """Items by key. `trouble` holds what the next calls meet; `unprocessed`, how many next reads leave keys over."""

    def __init__(self) -> None:
        self.items: dict[str, dict] = {}
        self.trouble: deque[Callable[[str], Exception]] = deque()
        self.unprocessed = 0
        self.credentials_expired = False

    def batch_get_item(self, *, RequestItems) -> dict:  # noqa: N803
        self._call("BatchGetItem")
        ((table, request),) = RequestItems.items()
        keys = request["Keys"]
        left = []
        if self.unprocessed and keys:
            self.unprocessed -= 1
            keys, left = keys[1:], keys[:1]
        found = [self.items[key["content"]["S"]] for key in keys if key["content"]["S"] in self.items]
        return {"Responses": {table: deepcopy(found)}, "UnprocessedKeys": {table: {"Keys": left}} if left else {}}

    def update_item(self, **request) -> dict:
        self._call("UpdateItem")
        item = self.items.setdefault(request["Key"]["content"]["S"], dict(request["Key"]))
        for assignment in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = assignment.split(" = ")
            item[request["ExpressionAttributeNames"][name]] = request["ExpressionAttributeValues"][value]
        return {}

    def _call(self, call: str) -> None:
        if self.credentials_expired:
            raise expired(call)
        if self.trouble:
            raise self.trouble.popleft()(call)
