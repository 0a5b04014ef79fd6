"""Several processes that serve one socket: started, started again, replaced one by one."""

import logging
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

STOP_S = 10.0
"""Who takes longer to stop is killed."""
STABLE_S = 30.0
"""Who served for so long is started again at once."""
RETRY_S = (0.0, 1.0, 2.0, 5.0)
READY = b"+"

log = logging.getLogger(__name__)


class Orders(NamedTuple):
    """What a worker is told by its parent, on its command line.

    Attributes:
        number: of the worker, from 1 on.
        listener: descriptor of the socket that all of them listen on.
        lifeline: descriptor of a socket whose other end the parent has: ``READY`` is sent on
            it, and it ends with either of the two.
        folder: where the workers meet; empty: nowhere.
    """

    number: int
    listener: int
    lifeline: int
    folder: str


class _Worker:
    """A process, from its start to its end."""

    def __init__(
        self, number: int, command: Sequence[str], listener: socket.socket, folder: str
    ) -> None:
        self.number = number
        self.is_ready = False
        self.kill_at: float | None = None
        self.began = time.monotonic()
        self.lifeline, theirs = socket.socketpair()
        with theirs:
            orders = Orders(number, listener.fileno(), theirs.fileno(), folder)
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "logwatcher.cli.worker", *map(str, orders), *command],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the parent, which tells them
                pass_fds=(orders.listener, orders.lifeline),
            )

    def stop(self, by: float) -> None:
        """Ask it to end, and kill it if it is still there at the time given."""
        self.kill_at = by
        self.process.terminate()


class Supervisor:
    """Keeps ``count`` workers alive until SIGINT or SIGTERM; SIGHUP replaces one by one."""

    def __init__(self, count: int, command: Sequence[str], listener: socket.socket) -> None:
        """Starts nothing yet.

        Args:
            count: at least one.
            command: the arguments of the command line that each of them runs.
            listener: what they serve; stays open here, so connections wait while none is there.
        """
        self._command = command
        self._listener = listener
        self._workers: dict[int, _Worker] = {}
        self._start_at = dict.fromkeys(range(1, count + 1), 0.0)
        self._tries = dict.fromkeys(self._start_at, 0)
        self._old: list[int] = []
        self._is_ending = self._has_failed = False
        self._selector = selectors.DefaultSelector()
        self._folder = ""

    def run(self, announce: Callable[[], None]) -> int:
        """Supervise until told to stop; returns the exit code: 1 if a worker ended badly then.

        ``announce`` is called when no signal can be lost any more.
        """
        bell, rope = socket.socketpair()
        with self._selector, bell, rope, _folder() as self._folder:
            self._listen_to_signals(bell, rope)
            announce()
            while self._workers or self._start_at:
                self._step(time.monotonic())
                for key, _ in self._selector.select(self._pause(time.monotonic())):
                    if isinstance(key.data, _Worker):
                        self._hear(key.data)
                    else:
                        self._obey(bell.recv(1)[0])
            signal.set_wakeup_fd(-1)
        return int(self._has_failed)

    def _listen_to_signals(self, bell: socket.socket, rope: socket.socket) -> None:
        rope.setblocking(False)
        signal.set_wakeup_fd(rope.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)  # it rings the bell
        self._selector.register(bell, selectors.EVENT_READ)

    def _obey(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._old = list(self._workers)
        elif self._is_ending and number == signal.SIGINT:
            for worker in self._workers.values():
                worker.process.kill()
        else:
            self._is_ending = True
            self._start_at.clear()
            self._old.clear()
            for worker in self._workers.values():
                worker.stop(time.monotonic() + STOP_S)

    def _step(self, now: float) -> None:
        """Start, replace and kill whom it is time for."""
        for number, due in list(self._start_at.items()):
            if due <= now:
                del self._start_at[number]
                self._start(number)
        for worker in self._workers.values():
            if worker.kill_at is not None and worker.kill_at <= now:
                log.warning("%s does not end, and is killed", _name(worker))
                worker.kill_at = None
                worker.process.kill()
        if self._old and not self._start_at and all(map(_serves, self._workers.values())):
            self._workers[self._old.pop(0)].stop(now + STOP_S)

    def _pause(self, now: float) -> float | None:
        """How long nothing is to be done, seconds; None: until something happens."""
        kills = [of.kill_at for of in self._workers.values() if of.kill_at is not None]
        times = [*self._start_at.values(), *kills]
        return max(min(times) - now, 0) if times else None

    def _start(self, number: int) -> None:
        worker = self._workers[number] = _Worker(
            number, self._command, self._listener, self._folder
        )
        self._selector.register(worker.lifeline, selectors.EVENT_READ, worker)

    def _hear(self, worker: _Worker) -> None:
        """It is ready, or has ended."""
        try:
            heard = worker.lifeline.recv(1)
        except ConnectionResetError:
            heard = b""
        if heard:
            worker.is_ready = True
            return
        self._selector.unregister(worker.lifeline)
        worker.lifeline.close()
        del self._workers[worker.number]
        self._replace(worker, worker.process.wait())

    def _replace(self, worker: _Worker, code: int) -> None:
        """One that was told to end was not in trouble."""
        now = time.monotonic()
        if self._is_ending:
            self._has_failed |= code not in (0, -signal.SIGTERM)  # the latter while it started
        elif worker.kill_at is not None:
            self._start_at[worker.number] = now
        else:
            tries = 0 if now - worker.began >= STABLE_S else self._tries[worker.number]
            delay = RETRY_S[min(tries, len(RETRY_S) - 1)]
            self._tries[worker.number] = tries + 1
            self._start_at[worker.number] = now + delay
            again = f"starting it again in {delay:g} s" if delay else "starting it again"
            log.warning("%s ended (%s); %s", _name(worker), _reason(code), again)


@contextmanager
def _folder() -> Iterator[str]:
    """Where the workers meet; empty if there is no place for it."""
    with ExitStack() as made:
        try:
            folder = made.enter_context(TemporaryDirectory(prefix="logwatcher-"))
        except OSError as error:
            log.warning("/metrics will have the figures of one worker each time: %s", error)
            folder = ""
        yield folder


def _serves(worker: _Worker) -> bool:
    return worker.is_ready and worker.kill_at is None


def _name(worker: _Worker) -> str:
    return f"worker {worker.number} (process {worker.process.pid})"


def _reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
