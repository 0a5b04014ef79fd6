"""Each setting is checked, and a wrong one is named with what is wrong and what to do."""

import stat
from pathlib import Path
from threading import Barrier, Thread

import pytest

from logwatcher.config import SETTINGS, ConfigError, from_environment, secret_key_in, unknown
from logwatcher.settings import databases


def test_without_any_setting_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    found = from_environment({})
    assert found.data == Path("/home/ada/.local/share/logwatcher")
    assert found.database_url == "sqlite:////home/ada/.local/share/logwatcher/logwatcher.sqlite3"
    assert found.allowed_hosts == ()
    assert found.secret_key == ""
    assert found.trusted_proxies == ("127.0.0.1", "::1")
    assert found.user_header == ""
    assert found.traffic_minutes == 15
    assert (found.client_ip, found.keeps_query) == ("none", False)
    assert (found.keep_requests, found.keep_figures) == ("7d 2GB", "5s:2d 1m:35d 1h:400d")


def test_every_setting_is_read() -> None:
    key = "k" * 50
    found = from_environment(
        {
            "DATABASE_URL": "postgres://ada:secret@db:5432/logs",
            "LOGWATCHER_DATA": "/data",
            "LOGWATCHER_MACHINE": "web-1.example",
            "LOGWATCHER_ALLOWED_HOSTS": "a.example, b.example c.example",
            "LOGWATCHER_SECRET_KEY": key,
            "LOGWATCHER_TRUSTED_PROXIES": "10.0.0.7, 10.1.0.0/16 fd00::/8",
            "LOGWATCHER_USER_HEADER": "Remote-User",
            "LOGWATCHER_TRAFFIC_MINUTES": "0.5",
            "LOGWATCHER_CLIENT_IP": "hash",
            "LOGWATCHER_QUERY_STRINGS": "yes",
            "LOGWATCHER_KEEP_REQUESTS": "30d",
            "LOGWATCHER_KEEP_FIGURES": "1h:forever",
        }
    )
    assert found.data == Path("/data")
    assert found.database_url == "postgres://ada:secret@db:5432/logs"
    assert found.machine == "web-1.example"
    assert found.allowed_hosts == ("a.example", "b.example", "c.example")
    assert found.trusted_proxies == ("10.0.0.7", "10.1.0.0/16", "fd00::/8")
    assert found.user_header == "Remote-User"
    assert (found.secret_key, found.traffic_minutes) == (key, 0.5)
    assert (found.client_ip, found.keeps_query) == ("hash", True)
    assert (found.keep_requests, found.keep_figures) == ("30d", "1h:forever")


def test_no_other_setting_is_read() -> None:
    asked: list[str] = []

    class Environment(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # as it is called
            asked.append(name)
            return default

    from_environment(Environment())
    assert set(asked) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_empty_setting_is_one_not_given(name: str) -> None:
    assert from_environment({name: "  "}) == from_environment({})


WRONG = [
    ("DATABASE_URL", "mysql://localhost/x", "unknown scheme 'mysql'"),
    ("DATABASE_URL", "/var/lib/logs.sqlite3", "unknown scheme ''"),
    ("DATABASE_URL", "sqlite://logs.sqlite3", "three slashes"),
    ("DATABASE_URL", "sqlite:///", "no file"),
    ("DATABASE_URL", "sqlite:///:memory:", "in memory"),
    ("DATABASE_URL", "postgres://localhost", "no database"),
    ("DATABASE_URL", "postgres://localhost/", "no database"),
    ("DATABASE_URL", "postgres://localhost/x?colour=red", "colour"),
    ("DATABASE_URL", "postgres://[::1/x", "IPv6"),
    ("LOGWATCHER_DATA", "~nobody-of-this-name/x", "home directory"),
    ("LOGWATCHER_SECRET_KEY", "k" * 49, "at least 50"),
    ("LOGWATCHER_MACHINE", "web 1", "'web 1' won't do"),
    ("LOGWATCHER_MACHINE", "w" * 65, "won't do"),
    ("LOGWATCHER_TRUSTED_PROXIES", "*", "'*' does not appear to be an IPv4 or IPv6 network"),
    ("LOGWATCHER_TRUSTED_PROXIES", "10.0.0.7, nginx", "'nginx' does not appear"),
    ("LOGWATCHER_TRUSTED_PROXIES", "10.0.0.7/8", "has host bits set"),
    ("LOGWATCHER_TRUSTED_PROXIES", "0.0.0.0/0", "is everybody"),
    ("LOGWATCHER_TRUSTED_PROXIES", "::/0", "is everybody"),
    ("LOGWATCHER_TRAFFIC_MINUTES", "soon", "'soon' is not a number"),
    ("LOGWATCHER_TRAFFIC_MINUTES", "-1", "'-1' is not a number"),
    ("LOGWATCHER_TRAFFIC_MINUTES", "nan", "'nan' is not a number"),
    ("LOGWATCHER_TRAFFIC_MINUTES", "inf", "'inf' is not a number"),
    ("LOGWATCHER_CLIENT_IP", "some", "'some' is none of none, truncate, hash, full"),
    ("LOGWATCHER_QUERY_STRINGS", "1", "'1' is none of yes, no"),
    ("LOGWATCHER_KEEP_REQUESTS", "a week", "'a' is no limit"),
    ("LOGWATCHER_KEEP_FIGURES", "2d", "'2d' is no step with an age"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_a_wrong_setting_says_so_on_one_line(name: str, value: str, reason: str) -> None:
    with pytest.raises(ConfigError) as error:
        from_environment({name: value})
    assert str(error.value).startswith(f"{name}: ")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_a_wrong_setting_does_not_tell_its_password() -> None:
    for host in ("host", "[::1/x", "host/x?colour=red"):
        with pytest.raises(ConfigError) as error:
            from_environment({"DATABASE_URL": f"postgres://ada:s3cret@{host}"})
        assert "s3cret" not in str(error.value)


def test_a_secret_key_that_is_too_short_is_not_told() -> None:
    with pytest.raises(ConfigError) as error:
        from_environment({"LOGWATCHER_SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("name", ["plain", "with space", "100%25", "a?b#c", "ü"])
def test_the_database_is_in_the_data_directory_whatever_its_name(name: str) -> None:
    found = from_environment({"LOGWATCHER_DATA": f"/data/{name}"})
    assert databases(found.database_url)["default"]["NAME"] == f"/data/{name}/logwatcher.sqlite3"


@pytest.mark.parametrize(
    ("url", "name"),
    [("sqlite:///logs.db", "logs.db"), ("sqlite:////var/my%20logs.db", "/var/my logs.db")],
)
def test_an_sqlite_url_names_a_file(url: str, name: str) -> None:
    from_environment({"DATABASE_URL": url})
    assert databases(url)["reader"]["NAME"] == name


def test_a_postgres_url_names_all_it_needs() -> None:
    url = "postgres://ada:s%40cret@db.example:5433/logs?sslmode=require"
    from_environment({"DATABASE_URL": url})
    default = databases(url)["default"]
    assert (default["USER"], default["PASSWORD"]) == ("ada", "s@cret")
    assert (default["HOST"], default["PORT"]) == ("db.example", "5433")
    assert (default["NAME"], default["OPTIONS"]["sslmode"]) == ("logs", "require")


def test_the_secret_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    key = secret_key_in(data)
    assert len(key) >= 50
    assert secret_key_in(data) == key
    assert stat.S_IMODE((data / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["secret-key"]


def test_an_empty_key_left_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    assert len(secret_key_in(tmp_path)) >= 50


def test_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    keys: list[str] = []
    barrier = Barrier(8)

    def start() -> None:
        barrier.wait()
        keys.append(secret_key_in(tmp_path))

    threads = [Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1
    assert len(keys) == 8


def test_a_key_that_can_not_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "secret-key").mkdir()
    with pytest.raises(ConfigError, match="secret-key"):
        secret_key_in(tmp_path)


def test_a_name_that_is_no_setting_is_found() -> None:
    environ = {"LOGWATCHER_DATA": "/d", "LOGWATCHER_ALOWED_HOSTS": "a", "PATH": "/bin"}
    assert unknown(environ) == ["LOGWATCHER_ALOWED_HOSTS"]


@pytest.mark.parametrize(
    "name",
    [
        "Accept",
        "Host",
        "User-Agent",
        "user-agent",
        "X-Real-IP",
        "Via",
        "-",
        "Remote_User",
        "a user",
    ],
)
def test_a_header_that_names_nobody_is_not_believed(name: str) -> None:
    with pytest.raises(ConfigError, match="LOGWATCHER_USER_HEADER"):
        from_environment({"LOGWATCHER_USER_HEADER": name})


@pytest.mark.parametrize(
    "name",
    [
        *("X-Forwarded-User", "Remote-User", "X-Auth-Request-Preferred-Username"),
        *("Cf-Access-Authenticated-User-Email", "Tailscale-User-Login", "X-Pomerium-Claim-Email"),
    ],
)
def test_a_header_of_a_proxy_is(name: str) -> None:
    assert from_environment({"LOGWATCHER_USER_HEADER": name}).user_header == name
