"""A model of the queue: visibility, receive counts, redrive to the dead-letter queue and back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults.s3 import Event


@dataclass
class Message:
    """A copy of an event's notification on its way; `came_back_for` says why it was delivered again, if it was."""

    message_id: str
    event: Event
    visible_at: float
    received: int = 0
    came_back_for: str = ""

    def record(self) -> dict:
        """As Lambda hands it over."""
        attributes = {"ApproximateReceiveCount": str(self.received)}
        return {"messageId": self.message_id, "body": self.event.notification(), "attributes": attributes}


@dataclass
class SimulatedQueue:
    """A standard queue: no order, at least once."""

    clock: Callable[[], float]
    visibility_s: float = 60
    max_receive_count: int = 3
    messages: dict[str, Message] = field(default_factory=dict)
    dead: dict[str, Message] = field(default_factory=dict)
    sent: int = 0
    redriven: int = 0

    def send(self, event: Event, delay_s: float = 0) -> Message:
        self.sent += 1
        message = Message(f"m{self.sent}", event, self.clock() + delay_s)
        self.messages[message.message_id] = message
        return message

    def visible(self) -> list[Message]:
        return [message for message in self.messages.values() if message.visible_at <= self.clock()]

    def receive(self, chosen: Sequence[Message]) -> list[Message]:
        """Deliver visible messages, in any order; one that was delivered too often goes to the dead-letter queue."""
        batch = []
        for message in chosen:
            if message.received >= self.max_receive_count:
                self.dead[message.message_id] = self.messages.pop(message.message_id)
                continue
            message.received += 1
            message.visible_at = self.clock() + self.visibility_s
            batch.append(message)
        return batch

    def delete(self, message: Message) -> None:
        self.messages.pop(message.message_id, None)

    def redrive(self) -> int:
        """Move every dead letter back, as StartMessageMoveTask does: new messages of the old bodies."""
        dead, self.dead = list(self.dead.values()), {}
        for message in dead:
            self.send(message.event)
        self.redriven += len(dead)
        return len(dead)

    def next_moment(self) -> float | None:
        """When the next message becomes visible."""
        return min((message.visible_at for message in self.messages.values()), default=None)
