"""The hostile CRM, whose creates may be executed long after their client has gone away.

What a client that was killed had sent is not lost: a proxy, a queue or a slow server commits it
later. ``late_rate`` of the create calls wait up to ``late_seconds`` before they are executed, the first
``late_next`` just so long.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.wire.hostile_crm import HostileCrm


class LateCrm(HostileCrm):
    """Its lateness has a generator of its own, so that the rest behaves as without it."""

    def __init__(
        self, path: Path, *, late_rate: float = 0.0, late_seconds: float = 0.0, late_next: int = 0,
        **behaviour: Any,
    ) -> None:  # fmt: skip
        self._late_rate, self._late_seconds, self._late_next = late_rate, late_seconds, late_next
        self._lateness = random.Random(behaviour.get("seed", 0))
        super().__init__(path, **behaviour)

    def write(self, name: str, action: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        if action == "batch" and self._late_next > 0:
            self._late_next -= 1
            time.sleep(self._late_seconds)
        elif action == "batch" and self._lateness.random() < self._late_rate:
            time.sleep(self._lateness.uniform(0, self._late_seconds))
        return super().write(name, action, body)


@contextlib.contextmanager
def serving_late(path: Path, **behaviour: Any) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run it as a process of its own, which ends with the block; gives its URL and the process."""
    command = [sys.executable, "-m", "tests.crash.late_crm", str(path), json.dumps(behaviour)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.stdin.close()


def main() -> None:
    with LateCrm(Path(sys.argv[1]), **json.loads(sys.argv[2])) as crm:
        print(crm.url, flush=True)
        # Its parent holds the other end: when that dies, however it dies, this ends too.
        sys.stdin.read()


if __name__ == "__main__":
    main()
