"""Workers are killed under load: nothing acknowledged is lost or counted twice, without hands."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.faults.conftest import SendTo
from tests.processes import children
from tests.server import Server, until

WORKERS = 2
KILLS = 6


def test_workers_are_killed_in_turn(
    new_database: Callable[[], str], tmp_path: Path, send_to: SendTo
) -> None:
    server = Server(tmp_path / "data", new_database(), ["serve", "--workers", str(WORKERS)])
    server.command("migrate")
    server.start()
    until(lambda: len(children(server.pid)) == WORKERS)
    server.put_traffic(running=True, rate=500)
    senders = send_to(server)
    for kill in range(KILLS):
        senders.wait_for(20)
        until(lambda: len(children(server.pid)) == WORKERS)
        os.kill(children(server.pid)[kill % WORKERS], signal.SIGKILL)
    senders.wait_for(20)
    server.put_traffic(running=False)
    senders.end()
    assert server.stop() == 0
    assert server.output.count("(by SIGKILL)") == KILLS
    senders.assert_counted()
