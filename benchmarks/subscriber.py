"""Many clients of an event stream in a process of their own, and when each got what.

    python -m benchmarks.subscriber PORT TARGET CLIENTS FIELD FILE

Prints ``ready`` once all are connected; at ``stop`` on standard input it writes a NumPy array of
(client, monotonic ns, value of the JSON field FIELD, a whole number) for each event that has one.
"""

import asyncio
import re
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import uvloop

from benchmarks.bench import ROOT

AT_ONCE = 200
READY_TIMEOUT_S = 180.0
REQUEST = "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
END = b"\n\n"

Deliveries = npt.NDArray[np.int64]


class Clients:
    """A process with so many; a context that lets them go."""

    def __init__(self, port: int, target: str, number: int, field: str, file: Path) -> None:
        self._file = file
        arguments = [str(port), target, str(number), field, str(file)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.subscriber", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout  # noqa: S101
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{number} clients could not connect")

    def stop(self) -> Deliveries:
        """Rows of client, monotonic ns and value, since they were ready."""
        self._process.communicate("stop\n")
        found: Deliveries = np.load(self._file)
        self._file.unlink()
        return found

    def end(self) -> None:
        """Whatever happened."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def clients(port: int, target: str, number: int, field: str, file: Path) -> Iterator[Clients]:
    """Connected while the block runs."""
    made = Clients(port, target, number, field, file)
    try:
        yield made
    finally:
        made.end()


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, number: int, target: str, field: re.Pattern[bytes], seen: "array[int]"):
        self.opened = asyncio.get_running_loop().create_future()
        self._number, self._field, self._seen = number, field, seen
        self._request = REQUEST.format(target=target).encode()
        self._rest = b""

    def connection_made(self, transport: Any) -> None:  # Any: asyncio's own
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            self.opened.set_result(None)
        now = time.monotonic_ns()
        data = self._rest + data
        end = data.rfind(END)
        self._rest = data[end + len(END) :]
        for value in self._field.findall(data, 0, max(end, 0)):
            self._seen.extend((self._number, now, int(value)))

    def connection_lost(self, exc: Exception | None) -> None:
        print(f"client {self._number} lost its connection: {exc}", file=sys.stderr)


async def run(port: int, target: str, number: int, field: str, file: str) -> None:
    """Connect, wait for the word, write."""
    loop = asyncio.get_running_loop()
    seen = array("q")
    pattern = re.compile(b'"%s": ?(\\d+)' % field.encode())
    for first in range(0, number, AT_ONCE):
        made = [
            loop.create_connection(
                lambda i=i: Client(i, target, pattern, seen),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
            for i in range(first, min(first + AT_ONCE, number))
        ]
        async with asyncio.timeout(READY_TIMEOUT_S):
            pairs = await asyncio.gather(*made)
            await asyncio.gather(*(client.opened for _, client in pairs))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    np.save(file, np.array(seen, np.int64).reshape(-1, 3))
    sys.stdout.flush()


if __name__ == "__main__":
    port, target, number, field, file = sys.argv[1:]
    uvloop.run(run(int(port), target, int(number), field, file))
