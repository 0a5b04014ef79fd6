"""The disk is full: what can't be stored is not acknowledged, the page answers, and it goes on."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.conftest import SendTo
from tests.programs import do_without
from tests.server import Server, until

SIZE_MB = 6
RECOVERY_S = 30


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={SIZE_MB}m,mode=777"
    try:
        subprocess.run(
            [*as_root, "mount", "-t", "tmpfs", "-o", options, "none", folder], check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        do_without(f"can't mount a small disk: {error}")
    yield folder
    subprocess.run([*as_root, "umount", "--lazy", folder], check=True)


@pytest.fixture
def server(small_disk: Path, tmp_path: Path) -> Iterator[Server]:
    """Whose database is there."""
    server = Server(tmp_path / "data", f"sqlite:///{small_disk}/store.sqlite3", ["demo"])
    server.start()
    yield server
    if server.is_running:
        server.stop()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's disk is its own matter")
def test_the_disk_is_full(small_disk: Path, server: Server, send_to: SendTo) -> None:
    senders = send_to(server)
    senders.wait_for(20)
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    have = senders.refused
    until(lambda: senders.refused > have + 2, RECOVERY_S)
    assert server.get("/api/series?range=5m")["points"]
    filler.unlink()
    senders.wait_for(20, RECOVERY_S)
    senders.end()
    assert server.stop() == 0
    senders.assert_counted()
