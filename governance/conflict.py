from typing import Any


class Conflict(Exception):
    """Somebody else changed the record since it was read; `current` is how it stands now."""

    def __init__(self, current: Any) -> None:
        super().__init__("changed meanwhile")
        self.current = current
