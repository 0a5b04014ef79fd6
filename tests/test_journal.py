"""A line of the log is one JSON object, whatever was logged, and holds no secret."""

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from logwatcher import journal
from logwatcher.journal import JsonFormatter, TextFormatter
from tests.server import PROGRAM, Server

TOKEN = "lw.7.aB-_3"


def record(message: str, *values: object, **extra: object) -> logging.LogRecord:
    fields = {"msg": message, "args": values, "levelname": "WARNING", "name": "a.b", "created": 1.5}
    return logging.makeLogRecord({**fields, **extra})


def written(of: logging.LogRecord) -> Any:  # Any: JSON
    line = JsonFormatter().format(of)
    assert "\n" not in line
    return json.loads(line)


def test_a_line_says_when_what_and_by_whom() -> None:
    line = written(record("%d of\n%s", 2, "ä", source="shop", count=3, process=4711))
    assert line == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "WARNING",
        "logger": "a.b",
        "process": 4711,
        "message": "2 of\nä",
        "fields": {"source": "shop", "count": 3},
    }


def test_an_exception_is_inside_with_its_traceback() -> None:
    try:
        raise ValueError(f"wrong: {TOKEN}")
    except ValueError:
        line = written(record("failed", exc_info=sys.exc_info()))
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("ValueError: wrong: lw.7.…")


def test_what_is_not_plain_is_left_out() -> None:
    fields = written(record("x", request=object(), color_message="x", status=500))["fields"]
    assert fields == {"status": 500}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"a {TOKEN}, b", "a lw.7.…, b"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("postgres://ada:se/c:ret@host/db", "postgres://ada:…@host/db"),
        ("host=db password=hidden user=ada", "host=db password=… user=ada"),
        ("logwatcher_session=abc123; x=1", "logwatcher_session=…; x=1"),
        ("http://127.0.0.1:8000 for ada@example.com", "http://127.0.0.1:8000 for ada@example.com"),
    ],
)
def test_a_secret_is_masked_in_either_format(text: str, masked: str) -> None:
    assert journal.mask(text) == masked
    assert written(record("%s", text))["message"] == masked
    assert TextFormatter().format(record("%s", text)) == f"WARNING a.b: {masked}"


def test_a_field_that_is_a_secret_is_masked() -> None:
    assert written(record("x", token=TOKEN, password="hidden"))["fields"] == {
        "token": "…",
        "password": "…",
    }


def test_all_that_a_server_and_its_workers_write_is_json(serve: Callable[..., Server]) -> None:
    migrated = serve("demo")  # makes the tables
    migrated.stop()
    migrated.arguments = ["serve", "--workers", "2", "--log-format", "json"]
    migrated.start()
    address = urlsplit(migrated.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as garbage:
        garbage.sendall(b"\0\r\n\r\n")
        while garbage.recv(4096):
            pass
    assert migrated.stop() == 0
    lines = [line for line in migrated.output.splitlines() if not line.startswith("logwatcher: ")]
    found = [json.loads(line) for line in lines]
    assert migrated.url in found[0]["message"]
    assert found[-1]["message"] == "stopped"
    by = {line["logger"]: line["process"] for line in found}
    assert by["logwatcher.cli"] == migrated.pid
    assert by["uvicorn.error"] != migrated.pid


def test_what_ends_a_command_is_json_too() -> None:
    """In a process of its own, whose logging it changes."""
    command = [str(PROGRAM), "watch", "/nowhere.log", "--log-format", "json", "--from", "x"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    line = json.loads(done.stderr)
    assert (line["level"], line["logger"]) == ("ERROR", "logwatcher.cli")
    assert line["message"].startswith("--from: can't use 'x'")
