"""The command line as its user has it: real processes, their exit codes and what they print."""

import argparse
import fcntl
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from logwatcher import cli, config
from logwatcher.cli import logs, option, watch
from logwatcher.cli.problem import UsageError
from logwatcher.sources.mock import wave
from logwatcher.store import lease
from tests import database
from tests.factories import PASSWORD
from tests.server import JSON, PROGRAM, Server, until
from tests.stream.sse import Stream

START_S, STOP_S = 3.0, 2.0
LINE = '203.0.113.7 - - [14/Nov/2023:22:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "-" 0.1\n'
TRACEBACK = re.compile(r"Traceback|Warning|ERROR|CRITICAL")


@dataclass
class Program:
    """``logwatcher`` with a data directory and a database of its own."""

    data: Path
    database_url: str

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        settings = {"LOGWATCHER_DATA": str(self.data), "DATABASE_URL": self.database_url}
        return subprocess.run(
            [PROGRAM, *arguments],
            capture_output=True,
            check=False,
            env={**os.environ, **settings, **environment},
            text=True,
            timeout=30,
        )

    def refused(self, *arguments: str, **environment: str) -> str:
        """The one line on stderr of a command that can't be done, by the user's fault."""
        ended = self.run(*arguments, **environment)
        assert (ended.returncode, ended.stdout) == (2, ""), ended
        (line,) = ended.stderr.splitlines()
        assert line.startswith("logwatcher")
        return line

    def server(self, *arguments: str) -> Server:
        """A server on the same database, not yet started."""
        return Server(self.data, self.database_url, list(arguments))


@pytest.fixture
def program(tmp_path: Path, new_database: Callable[[], str]) -> Program:
    return Program(tmp_path / "data", new_database())


@pytest.fixture
def bare(tmp_path: Path) -> Program:
    """One whose database is never made, or soon in a file."""
    return Program(tmp_path / "data", f"sqlite:///{tmp_path / 'bare.sqlite3'}")


@pytest.fixture
def start(program: Program) -> Iterator[Callable[..., Server]]:
    """Starts servers on the program's database."""
    with ExitStack() as servers:

        def started(*arguments: str) -> Server:
            server = program.server(*arguments)
            servers.callback(lambda: server.is_running and server.kill())
            server.start()
            return server

        yield started


def traffic(server: Server) -> JSON:
    return server.get("/api/traffic")


def commands(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The command itself and those below it."""
    yield of
    for action in of._actions:  # argparse has no public way to ask
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from commands(command)


def test_to_parse_a_command_line_needs_neither_django_nor_numpy() -> None:
    program = "import sys; from logwatcher import cli; cli.parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert not {"django", "numpy"} & set(done.stdout.decode().split())


def test_a_server_on_sqlite_starts_without_the_driver_of_postgresql(tmp_path: Path) -> None:
    program = "import sys, django; django.setup(); import logwatcher.server; print(*sys.modules)"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "logwatcher.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path}/logwatcher.sqlite3",
    }
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert "psycopg" not in done.stdout.decode().split()


@pytest.mark.parametrize("command", ["watch", "import", "explain"])
@pytest.mark.parametrize("name", ["access.log", "*.log"])
def test_a_folder_that_cant_be_entered_is_named_on_one_line(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setenv("LOGWATCHER_DATA", str(tmp_path / "data"))
    for name_ in ("lstat", "stat"):  # who runs the tests may look everywhere
        monkeypatch.setattr(Path, name_, refuse)
    look: Callable[[str], object] = {
        "watch": lambda path: watch._check([path]),
        "import": lambda path: logs._paths([path]),
        "explain": lambda path: option.check_readable(Path(path)),
    }[command]
    with pytest.raises(UsageError, match="can't be entered"):
        look(str(tmp_path / name))


def test_others_on_the_machine_read_nothing_of_the_data(bare: Program) -> None:
    assert bare.run("migrate").returncode == 0
    assert stat.S_IMODE(bare.data.stat().st_mode) == 0o700


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads by /proc")
def test_numpy_starts_no_threads() -> None:
    program = """
import os
from logwatcher import cli
cli.main(["formats"])
import numpy
print(*os.listdir("/proc/self/task"))
"""
    environment = {name: of for name, of in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert len(done.stdout.splitlines()[-1].split()) == 1


@pytest.mark.parametrize("command", list(commands(cli.parser())), ids=lambda command: command.prog)
def test_help_says_what_each_option_does(bare: Program, command: argparse.ArgumentParser) -> None:
    ended = bare.run(*command.prog.split()[1:], "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"usage: {command.prog} ")
    for action in command._actions:
        is_group = isinstance(action, argparse._SubParsersAction)
        assert is_group or action.help, action
        assert all(option in ended.stdout for option in action.option_strings)
    assert not bare.data.exists()


def test_version(bare: Program) -> None:
    assert re.fullmatch(r"logwatcher \d+\.\d+.*\n", bare.run("--version").stdout)


WRONG = [
    ("", "COMMAND"),
    ("dmeo", "dmeo"),
    ("demo --colour", "--colour"),
    ("demo --port x", "--port"),
    ("demo --port 70000", "port 70000"),
    ("demo --port -1", "port -1"),
    ("demo --rate x", "--rate"),
    ("demo --port 0 --rate 0", "--rate"),
    ("demo --port 0 --scenario chaos", "--scenario: unknown 'chaos'; choose one of: normal, "),
    ("demo --port 0 --seed -1", "--seed"),
    ("traffic --start --stop", "--stop"),
    ("traffic --rate", "--rate"),
    ("watch", "FILE"),
    ("watch /etc/hostname --from yesterday", "--from"),
    ("watch /etc/hostname --from 1w", "--from"),
    ("watch /etc", "/etc/*.log"),
    ("watch nothing.log", "nothing.log"),
    ("watch .", "."),
    ("serve extra", "extra"),
    ("serve --workers 0", "--workers: 0 won't do; give 1 to 64"),
    ("serve --workers 65", "--workers: 65 won't do"),
    ("demo --workers 2", "--workers"),
]


@pytest.mark.parametrize(("arguments", "reason"), WRONG)
def test_a_wrong_option_is_named_on_one_line(bare: Program, arguments: str, reason: str) -> None:
    assert reason in bare.refused(*arguments.split())


def test_a_wrong_change_of_the_traffic_is_named_on_one_line(bare: Program) -> None:
    bare.run("migrate")
    assert "--rate: " in bare.refused("traffic", "--rate=5001", "--start")
    assert bare.run("traffic").stdout.startswith("stopped, 1.25 requests/s")


@pytest.mark.parametrize("name", config.SETTINGS)
def test_a_wrong_setting_is_named_on_one_line(bare: Program, name: str) -> None:
    wrong = {
        "LOGWATCHER_DATA": "~nobody-of-this-name/x",
        "LOGWATCHER_MACHINE": "web 1",
        "LOGWATCHER_USER_HEADER": "Host",
        "LOGWATCHER_ALLOWED_HOSTS": None,
    }
    value = wrong.get(name, "wrong")
    if value is not None:
        assert name in bare.refused("serve", "--port=0", **{name: value})


def test_a_data_directory_that_can_not_be_written_is_named(bare: Program, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for data in (tmp_path / "file" / "data", Path("/proc/data")):
        for command in ("demo", "traffic"):
            line = bare.refused(command, LOGWATCHER_DATA=str(data))
            assert f"{data}: can't write there" in line


def test_elsewhere_than_on_this_machine_somebody_has_to_be_a_user(program: Program) -> None:
    for command in ("demo --host 0.0.0.0", "serve --host ::", "watch - --host 192.0.2.1"):
        line = program.refused(*command.split(), "--port", "0")
        assert "there are no users yet" in line
        assert "logwatcher user add NAME --role admin" in line
        assert "--public" in line


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("nowhere.example", "is no IP address"),
        ("", "is no IP address"),
        ("192.0.2.1", "this machine has no address 192.0.2.1"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_named(
    program: Program, host: str, reason: str
) -> None:
    line = program.refused("demo", "--public", "--port", "0", "--host", host)
    assert "--host" in line
    assert reason in line


def test_a_user_opens_the_other_addresses(serve: Callable[..., Server]) -> None:
    server = serve("demo", "--host", "localhost")
    server.command("user", "add", "ada", typed=PASSWORD)
    server.stop()
    server.arguments += ["--host", "0.0.0.0"]  # noqa: S104  # that is the point
    server.start()
    assert urlsplit(server.url).hostname == "0.0.0.0"  # noqa: S104
    for host in ("127.0.0.1", socket.gethostname()):
        request = Request(f"{server.url}/api/series", headers={"Host": host})  # noqa: S310
        with pytest.raises(HTTPError) as error:
            urlopen(request, timeout=10)  # noqa: S310  # http:// it is
        error.value.close()
        assert error.value.code == 401


def test_a_port_that_is_taken_is_named_and_another_offered(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("demo --start", "watch /etc/hostname"):
            line = program.refused(*command.split(), "--port", str(port))
            assert f"port {port} is taken; try --port {port + 1}" in line
    assert program.run("traffic").stdout.startswith("stopped")


def test_a_database_without_tables_is_migrated_by_its_own_command(
    tmp_path: Path, empty_database: Callable[[], str]
) -> None:
    program = Program(tmp_path / "data", empty_database())
    for command in (["serve", "--port=0"], ["traffic", "--start"]):
        assert "run: logwatcher migrate" in program.refused(*command)
    ended = program.run("migrate")
    assert ended.returncode == 0
    assert "applied logwatcher.0001_initial" in ended.stdout
    assert program.run("migrate").stdout == "nothing to do\n"
    assert program.run("traffic").returncode == 0


def test_who_waits_for_another_one_that_migrates_says_so_and_can_be_stopped(
    bare: Program,
) -> None:
    settings = {"LOGWATCHER_DATA": str(bare.data), "DATABASE_URL": bare.database_url}

    def waiting() -> "subprocess.Popen[str]":
        command = subprocess.Popen(
            [PROGRAM, "migrate"],
            env={**os.environ, **settings},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert command.stderr
        assert "another process is changing the database's tables" in command.stderr.readline()
        return command

    other = os.open(bare.data.parent, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with waiting() as stopped:
        stopped.send_signal(signal.SIGINT)
        _, errors = stopped.communicate(timeout=30)
    assert (stopped.returncode, "stopped; the same command goes on" in errors) == (2, True)
    with waiting() as patient:
        os.close(other)
        output, _ = patient.communicate(timeout=30)
    assert (patient.returncode, "applied logwatcher.0001_initial" in output) == (0, True)


def test_a_database_of_a_newer_version_is_left_alone(program: Program) -> None:
    program.run("migrate")
    database.execute(
        program.database_url,
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('logwatcher', '9999_future', '2030-01-01')",
    )
    for command in ("demo", "serve", "migrate"):
        line = program.refused(*command.split())
        assert "newer version (it has 9999_future)" in line
        assert "upgrade logwatcher" in line


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgres://ada:s3cret@127.0.0.1:1/logs", "Connection refused"),
        ("postgres://ada:s3cret@nowhere.invalid/logs", "nowhere.invalid"),
        ("postgres://ada:s3cret@127.0.0.1:http/logs", "http"),
        ("sqlite:////proc/logs.sqlite3", "unable to open database file"),
        ("sqlite:////etc/hostname", "not a database"),
    ],
)
def test_a_database_that_can_not_be_used_is_named(bare: Program, url: str, reason: str) -> None:
    line = bare.refused("serve", DATABASE_URL=url)
    assert "the database can't be used: " in line
    assert reason in line
    assert "s3cret" not in line


def test_demo_starts_at_once_prints_its_address_and_keeps_its_data(
    program: Program, start: Callable[..., Server]
) -> None:
    start("demo").stop()
    began = time.monotonic()
    server = start("demo")
    assert not traffic(server)["running"]
    assert time.monotonic() - began < START_S
    assert server.output == f"logwatcher: {server.url} (Ctrl-C ends it)\n"
    assert oct((program.data / "secret-key").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("streams", [0, 5])
def test_a_signal_ends_it_soon_and_well(
    start: Callable[..., Server], number: signal.Signals, streams: int
) -> None:
    server = start("demo", "--start", "--rate=50")
    assert traffic(server)["running"]
    with ExitStack() as opened:
        clients = [opened.enter_context(Stream(server.url)) for _ in range(streams)]
        for client in clients:
            client.next()
        began = time.monotonic()
        assert server.stop(number) == 0
        assert time.monotonic() - began < STOP_S
        for client in clients:
            while client.block():
                pass
    assert server.output.endswith("logwatcher: stopped\n")
    assert not TRACEBACK.search(server.output)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_ends_it_well(
    start: Callable[..., Server], number: signal.Signals
) -> None:
    server = start("demo")
    assert server.stop(number) == 0
    assert not TRACEBACK.search(server.output)


def test_a_client_that_reads_nothing_does_not_hold_up_the_end(start: Callable[..., Server]) -> None:
    server = start("demo", "--start", "--rate=500")
    with Stream(server.url), Stream(server.url) as reading:
        for _ in range(5):
            reading.next()
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < STOP_S


def test_traffic_is_changed_from_the_command_line_while_a_server_runs(
    program: Program, start: Callable[..., Server]
) -> None:
    server = start("demo")
    assert not traffic(server)["running"]
    ended = program.run("traffic", "--start", "--rate=20", "--scenario=bot-scan", "--seed=7")
    assert ended.stdout == "running, 20 requests/s, scenario bot-scan, seed 7\n"
    now = traffic(server)
    assert (now["running"], now["rate"], now["scenario"], now["seed"]) == (True, 20, "bot-scan", 7)
    assert abs(now["stop_at"] - time.time() - 15 * 60) < 20
    until(lambda: server.get("/api/summary")["requests"] > 5)
    ended = program.run("traffic", "--rate=40", "--stop")
    assert ended.stdout == "stopped, 40 requests/s, scenario bot-scan, seed 7\n"
    assert not traffic(server)["running"]


def test_demo_takes_the_traffic_s_options(start: Callable[..., Server]) -> None:
    now = traffic(start("demo", "--start", "--rate=0.1", "--scenario=bad-deploy", "--seed=3"))
    assert (now["running"], now["rate"], now["scenario"], now["seed"]) == (
        True,
        0.1,
        "bad-deploy",
        3,
    )


def test_a_log_may_have_any_name(start: Callable[..., Server], tmp_path: Path) -> None:
    log = tmp_path / os.fsdecode(b"caf\xe9 <b>.log")
    try:
        log.write_text(LINE)
    except OSError:
        pytest.skip("this file system wants UTF-8")
    for lines in (1, 2):
        server = start("watch", "--from=start", str(log))
        until(lambda: database.count_requests(server.database_url) == lines)  # noqa: B023
        assert [of["name"] for of in server.get("/api/sources")["sources"]] == ["caf\ufffd <b>.log"]
        assert server.stop() == 0
        assert not TRACEBACK.search(server.output)
        with log.open("a") as file:
            file.write(LINE)


def test_a_log_that_was_followed_may_be_away_when_it_starts_again(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    for lines in (1, 2):
        log.write_text(LINE)
        server = start("watch", "--from=start", str(log))
        until(lambda: database.count_requests(server.database_url) == lines)  # noqa: B023
        server.stop()
        log.rename(tmp_path / f"access.log.{3 - lines}")
    server = start("watch", str(log))
    assert f"{log} is not there; it is waited for\n" in server.output
    log.write_text(LINE)
    until(lambda: database.count_requests(server.database_url) == 3)


def test_a_restart_keeps_the_wanted_traffic(start: Callable[..., Server]) -> None:
    server = start("demo", "--start", "--rate=30", "--scenario=traffic-surge")
    before = traffic(server)
    server.stop()
    server = start("demo")
    assert traffic(server) == before
    have = server.get("/api/summary")["requests"]
    until(lambda: server.get("/api/summary")["requests"] > have)


def test_mock_traffic_stops_by_itself(
    start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGWATCHER_TRAFFIC_MINUTES", "0.05")
    server = start("demo", "--start", "--rate=20")
    stop_at = traffic(server)["stop_at"]
    assert abs(stop_at - time.time()) < 4
    until(lambda: not traffic(server)["running"])
    assert -0.2 < time.time() - stop_at < 3
    assert traffic(server)["stop_at"] is None
    newest = server.get("/api/requests")["requests"][0]["time"]
    assert newest <= stop_at + 0.5


def test_a_kill_under_load_loses_and_doubles_nothing(
    program: Program, start: Callable[..., Server]
) -> None:
    committed = 0
    for _ in range(2):
        server = start("demo", "--start", "--rate=3000")
        have, committed = committed, 0
        while committed < have + 1500:
            time.sleep(0.05)
            committed = database.count_requests(program.database_url)
        server.kill()
        after = database.assert_consistent(program.database_url)
        assert after >= committed
        committed = after
    server = start("demo")
    program.run("traffic", "--stop")
    assert server.stop() == 0
    assert database.assert_consistent(program.database_url) >= committed


def test_two_servers_make_one_stream_and_one_takes_over(
    program: Program, start: Callable[..., Server]
) -> None:
    program.run("migrate")
    first = start("serve")
    program.run("traffic", "--start", "--rate=200", "--seed=1")
    until(lambda: database.count_requests(program.database_url))
    second = start("serve")
    have, began = database.count_requests(program.database_url), time.time()
    time.sleep(2)
    made = database.count_requests(program.database_url) - have
    expected = 200 * wave(began) * (time.time() - began)
    assert 0.6 * expected < made < 1.4 * expected
    first.kill()
    killed = time.time()
    have = database.count_requests(program.database_url)
    until(lambda: database.count_requests(program.database_url) > have + 100, 20)
    assert time.time() - killed < lease.TERM_US / 1e6 + 5
    assert second.stop() == 0
    database.assert_consistent(program.database_url)


def test_a_disk_where_sqlite_can_have_no_wal_will_do(bare: Program) -> None:
    code = (
        "from logwatcher.cli import database; database.set_up()\n"
        "from logwatcher.store import exclusive; exclusive.WAL = 'PRAGMA journal_mode = DELETE'\n"
        "print(*database.migrate())"
    )
    environment = {"LOGWATCHER_DATA": str(bare.data), "DATABASE_URL": bare.database_url}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, **environment},
        text=True,
        timeout=30,
    )
    assert "logwatcher.0001_initial" in ended.stdout
    assert database.query(bare.database_url, "PRAGMA journal_mode") == [("delete",)]


def test_two_first_starts_at_once_both_work(start: Callable[..., Server]) -> None:
    with ThreadPoolExecutor() as threads:
        servers = list(threads.map(start, ["demo", "demo"]))
    for server in servers:
        assert not traffic(server)["running"]
        assert server.stop() == 0
        assert not TRACEBACK.search(server.output)
