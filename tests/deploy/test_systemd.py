"""The service that is delivered: its syntax, how far it is shut in, and the settings it names."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from logwatcher import cli, config
from tests.programs import do_without, find_program
from tests.server import PROGRAM

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICE = FOLDER / "logwatcher.service"
EXPOSURE = 1.5
"""At most, of 10; what is left is that it has the network."""
OLDEST = 250


@pytest.fixture
def analyze() -> str:
    found = find_program("systemd-analyze", "systemd")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.split()[1].partition(".")[0]) < OLDEST:
        do_without(f"systemd-analyze before {OLDEST} reads no service that isn't installed")
    return found


def test_systemd_understands_the_service(analyze: str, tmp_path: Path) -> None:
    copy = tmp_path / SERVICE.name
    copy.write_text(SERVICE.read_text().replace("/opt/logwatcher/bin/logwatcher", str(PROGRAM)))
    found = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    about = [line for line in found.stderr.splitlines() if SERVICE.name in line]
    assert about == []  # of the machine's own services, too, it may complain


def test_the_service_is_shut_in(analyze: str) -> None:
    threshold = f"--threshold={round(EXPOSURE * 10)}"
    command = [analyze, "security", "--offline=true", threshold, "--no-pager", str(SERVICE)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_service_runs_a_command_that_there_is() -> None:
    match = re.search(r"^ExecStart=(.*)$", SERVICE.read_text(), re.MULTILINE)
    assert match
    program, *arguments = shlex.split(match[1])
    assert program == "/opt/logwatcher/bin/logwatcher"
    assert cli.parser().parse_args(arguments).files == ["/var/log/nginx/*access.log"]


def test_the_environment_file_has_settings_that_can_be_used() -> None:
    text = re.sub(r"^#(?=[A-Z_]+=)", "", (FOLDER / "logwatcher.env").read_text(), flags=re.M)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    settings = {}
    for line in lines:
        name, _, value = line.partition("=")
        (settings[name],) = shlex.split(value)
    assert settings.keys() <= config.SETTINGS.keys()
    config.from_environment(settings)


def test_the_command_takes_the_services_own_settings(tmp_path: Path) -> None:
    (tmp_path / "logwatcher.env").write_text(
        f"LOGWATCHER_DATA={tmp_path}\nLOGWATCHER_ALLOWED_HOSTS='a.example b.example'\n"
    )
    script = (FOLDER / "logwatcher").read_text()
    for old, new in {
        "/etc/logwatcher.env\nexec": f"{tmp_path}/logwatcher.env\nexec",
        "runuser -u logwatcher -g logwatcher -G adm -- /opt/logwatcher/bin/logwatcher": "printenv",
    }.items():
        assert old in script
        script = script.replace(old, new)
    command = ["sh", "-c", script, "logwatcher", "LOGWATCHER_DATA", "LOGWATCHER_ALLOWED_HOSTS"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == [str(tmp_path), "a.example b.example"]
