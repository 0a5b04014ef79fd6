"""The container's files: what they open, keep and know, as far as that shows without a daemon."""

import re
import shlex
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from logwatcher import cli, config
from logwatcher.monitor import probe
from tests.deploy.site import CONFIG

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "container"
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:[?-])?([^}]*)\}")

Compose = dict[str, Any]  # Any: YAML


@pytest.fixture(scope="module")
def compose() -> Compose:
    found: Compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (FOLDER / "Dockerfile").read_text().replace("\\\n", "")


def test_nothing_but_nginx_is_reached_from_outside(compose: Compose) -> None:
    services = compose["services"]
    assert services["nginx"]["ports"] == ["80:80", "443:443"]
    for name, service in services.items():
        assert name == "nginx" or "ports" not in service
        assert not {"network_mode", "privileged", "pid", "ipc"} & service.keys(), name
    assert compose["networks"]["back"]["internal"] is True
    assert services["database"]["networks"] == ["back"]


def test_no_secret_has_a_default(compose: Compose) -> None:
    text = yaml.safe_dump(compose["services"], width=10_000)
    kinds = {name: kind for name, kind, _ in VARIABLE.findall(text)}
    assert {name for name, kind in kinds.items() if kind == ":-"} == {"CERTIFICATES", "WEBROOT"}
    assert kinds["POSTGRES_PASSWORD"] == kinds["SITE"] == ":?"
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN", name):
                assert re.fullmatch(VARIABLE, value), name


def test_the_server_has_settings_that_can_be_used(compose: Compose) -> None:
    services = compose["services"]
    settings = {
        name: VARIABLE.sub("value", value)
        for name, value in services["logwatcher"]["environment"].items()
    }
    assert settings.keys() <= config.SETTINGS.keys()
    found = config.from_environment(settings)
    assert found.trusted_proxies == (services["nginx"]["networks"]["front"]["ipv4_address"],)
    for name in ("migrate", "logwatcher"):
        cli.parser().parse_args(services[name]["command"])


def test_the_tables_are_made_before_the_server_starts_and_kept(compose: Compose) -> None:
    services = compose["services"]
    wanted = services["logwatcher"]["depends_on"]
    assert wanted["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"]["database"] == {"condition": "service_healthy"}
    volumes = [volume for service in services.values() for volume in service["volumes"]]
    named = {volume.partition(":")[0] for volume in volumes if volume[0] not in "./$"}
    assert named == compose["volumes"].keys()


def test_what_can_be_is_read_only_and_without_capabilities(compose: Compose) -> None:
    services = compose["services"]
    for name in ("migrate", "logwatcher", "nginx"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_nginx_gets_the_configuration_that_is_tested(compose: Compose, tmp_path: Path) -> None:
    services = compose["services"]
    shell, option, script = services["nginx"]["command"]
    script = script.replace("$$", "$").replace("/logwatcher.conf", str(CONFIG), 1)
    script = script.replace("/etc/nginx/conf.d/default.conf", str(tmp_path / "nginx.conf"))
    script = script.replace("exec nginx", "echo exec nginx")
    environment = {"SITE": "shop.example", "PATH": "/usr/bin:/bin"}
    subprocess.run([shell, option, script], env=environment, check=True, capture_output=True)
    text = (tmp_path / "nginx.conf").read_text()
    server = services["logwatcher"]["networks"]["front"]["ipv4_address"]
    assert f"server {server}:8000;" in text
    assert text.count("server_name shop.example;") == 2
    assert "127.0.0.1" not in text
    assert "example.com" not in text


def test_the_image_runs_as_nobody_in_particular(dockerfile: str) -> None:
    last = dockerfile.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.*)$", last, re.M) == ["10001"]
    assert re.search(rf"^HEALTHCHECK .*:8000{probe.HEALTH}'", re.sub(r" +", " ", last), re.M)
    assert "RUN pip" not in last
    assert not re.search(r"^(ARG|ENV) .*(PASSWORD|SECRET|TOKEN)", dockerfile, re.M)


def test_the_image_installs_nothing_without_its_hash(dockerfile: str) -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install ([^&\n]*)", dockerfile)
    assert len(installs) == 3
    for arguments in map(shlex.split, installs):
        assert "--no-deps" in arguments
        assert "--require-hashes" in arguments or "/dist/logwatcher-" in arguments[-1]


def test_what_the_image_is_built_from_is_sent_to_the_daemon(dockerfile: str) -> None:
    lines = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    kept = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    ignored = [pattern for pattern in patterns[1:] if not pattern.startswith("!")]
    copied = [
        name
        for names in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.M)
        for name in names.split()
        if name != "."
    ]
    wanted = ["LICENSE", "README.md", "hatch_build.py", "pyproject.toml", "frontend/build.py"]
    for name in [*copied, *wanted, "src/logwatcher/__init__.py"]:
        assert (ROOT / name).exists(), name
        assert name.split("/")[0] in kept, name
        assert not any(fnmatch(name, pattern) for pattern in ignored), name
