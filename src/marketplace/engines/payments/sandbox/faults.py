"""Faults on demand, so that tests can make happen what happens to Stripe and to networks."""

from dataclasses import dataclass

KINDS = (
    "500_before",  # fails before anything happened; the failure is saved under the key
    "500_after",  # acts, then fails; the failure is saved under the key
    "503_before",  # fails before anything happened, saved nowhere
    "drop_after",  # acts, then the connection breaks in the middle of the answer
    "stall",  # acts, then answers only after `seconds`
    "429",  # too many requests; nothing happened
    "garbage",  # acts, then answers 200 with something that is no JSON
)


@dataclass(slots=True)
class Fault:
    """`operation` is `POST /v1/transfers` and the like; `times` calls of it are hit."""

    operation: str
    kind: str
    times: int = 1
    seconds: float = 30.0


class Faults:
    """Those still to come, in memory: a restart of the sandbox clears them."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, operation: str) -> Fault | None:
        """The fault for this call, used up by it."""
        for fault in self._waiting:
            if fault.operation == operation:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
