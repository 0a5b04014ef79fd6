"""``python -m logwatcher.cli.worker NUMBER LISTENER LIFELINE FOLDER COMMAND…``: one of several.

The supervisor starts it, with the command line that it was started with itself.
"""

import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

from logwatcher.cli import main
from logwatcher.supervisor import READY, Orders


class Worker:
    """This process, as its parent knows it."""

    def __init__(self, orders: Orders) -> None:
        """From now on this process ends with its parent."""
        for descriptor in (orders.listener, orders.lifeline):
            os.set_inheritable(descriptor, False)
        self.number = orders.number
        self._folder = orders.folder
        self.listener = socket.socket(fileno=orders.listener)
        self._lifeline = socket.socket(fileno=orders.lifeline)
        Thread(target=self._end_with_parent, daemon=True).start()

    def sockets(self, count: int) -> dict[int, Path]:
        """Of so many workers, by number: where each is asked for its figures; none: nowhere."""
        numbers = range(1, count + 1) if self._folder else ()
        return {number: Path(self._folder, str(number)) for number in numbers}

    def report_ready(self) -> None:
        """It answers from now on."""
        with suppress(OSError):  # the parent is gone, and so is this process soon
            self._lifeline.send(READY)

    def _end_with_parent(self) -> None:
        with suppress(ConnectionResetError):
            self._lifeline.recv(1)
        os.kill(os.getpid(), signal.SIGTERM)


def run(arguments: list[str]) -> int:
    """Run the command as a worker; returns the exit code."""
    number, listener, lifeline, folder, *command = arguments
    return main(command, Worker(Orders(int(number), int(listener), int(lifeline), folder)))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
