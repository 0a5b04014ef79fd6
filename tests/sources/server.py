"""Real servers in front of a small one, each with several logs, for tests of what they write."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs import find_program
from tests.sources.nginx import CONFIG, USER, Client, free_port, started, upstream

COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
COMBINED = f'{COMMON} "$http_referer" "$http_user_agent"'
NGINX_JSON = (
    '{"time":"$time_iso8601","request":"$request","status":"$status","agent":"$http_user_agent",'
    '"remote_addr":"$remote_addr",'
    '"body_bytes_sent":"$body_bytes_sent","request_time":"$request_time",'
    '"upstream_response_time":"$upstream_response_time"}'
)
APACHE = r"%h %l %u %t \"%r\" %>s %b"
APACHE_COMBINED = APACHE + r" \"%{Referer}i\" \"%{User-Agent}i\""
HAPROXY = """
global
    {log}
    tune.http.logurilen 4096
    maxconn 100
defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind 127.0.0.1:{port}
    default_backend app
backend app
    server one 127.0.0.1:{upstream}
{ring}
"""


@dataclass(frozen=True, slots=True)
class Log:
    """A log of a server.

    Attributes:
        format: name of the format that must be found in it; or a definition of its own.
        written: how the server is told to write it.
        has_latency: whether it must be there.
        step_us: of the latency.
    """

    format: str
    written: str = ""
    has_latency: bool = True
    step_us: int = 1000


@dataclass(frozen=True, slots=True)
class Server:
    """How to run a server: ``config`` knows {folder}, {port}, {upstream} and {logs}."""

    package: str
    arguments: list[str]
    config: str
    log_line: str = ""
    logs: dict[str, Log] = field(default_factory=dict)
    has_headers_in_size: bool = False


SERVERS = {
    "nginx": Server(
        "nginx-light",
        ["-p", "{folder}", "-c", "{folder}/config", "-e", "{folder}/error.log"],
        CONFIG,
        "    log_format {name}_ {written};\n    access_log {name}.log {name}_;\n",
        {
            "combined": Log("combined", f"'{COMBINED}'", has_latency=False),
            "common": Log("common", f"'{COMMON}'", has_latency=False),
            "timed": Log("combined", f"'{COMBINED} $request_time'"),
            "vhost": Log("combined", f"'$host:$server_port {COMBINED} $request_time'"),
            "netdata": Log(
                "combined", f"'{COMBINED} $request_length $request_time $upstream_response_time'"
            ),
            "docs": Log(
                "combined", f"'{COMBINED} rt=$request_time urt=\"$upstream_response_time\"'"
            ),
            "json": Log("json", f"escape=json '{NGINX_JSON}'"),
            "escaped": Log("json", f"'{NGINX_JSON}'"),
            "ltsv": Log(
                "ltsv",
                "'time:$time_local\\thost:$remote_addr\\treq:$request\\tstatus:$status\\tua:$http_user_agent\\t"
                "size:$body_bytes_sent\\treqtime:$request_time'",
            ),
            "logfmt": Log(
                "logfmt",
                '\'ts=$msec remote_addr=$remote_addr request="$request" status=$status'
                ' bytes=$body_bytes_sent request_time=$request_time agent="$http_user_agent"\'',
            ),
            "own": Log(
                '$msec|$request_method|$request_uri|"$http_user_agent"|$status|$request_time|'
                "$body_bytes_sent|$remote_addr|$upstream_addr $upstream_status",
                '\'$msec|$request_method|$request_uri|"$http_user_agent"|$status|$request_time|'
                "$body_bytes_sent|$remote_addr|$upstream_addr $upstream_status'",
            ),
        },
    ),
    "apache2": Server(
        "apache2",
        ["-d", "{folder}", "-f", "{folder}/config", "-DFOREGROUND"],
        """
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
ServerName shop.example
Listen 127.0.0.1:{port}
PidFile {folder}/apache2.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
User www-data
Group www-data
ProxyPass / http://127.0.0.1:{upstream}/
{logs}
""",
        'LogFormat "{written}" {name}_\nCustomLog {folder}/{name}.log {name}_\n',
        {
            "combined": Log("combined", APACHE_COMBINED, has_latency=False),
            "common": Log("common", APACHE, has_latency=False),
            "vhost": Log("combined", f"%v:%p {APACHE_COMBINED}", has_latency=False),
            "io": Log("combinedio", f"{APACHE_COMBINED} %I %O", has_latency=False),
            "us": Log("apache_us", f"{APACHE_COMBINED} %D", step_us=1),
            "both": Log("apache_us", f"{APACHE} %T/%D", step_us=1),
            "json": Log(
                "json",
                r"{\"time\":\"%t\",\"client_ip\":\"%a\",\"request\":\"%r\",\"status\":%>s,\"size\":\"%B\","
                r"\"agent\":\"%{User-Agent}i\",\"duration_us\":%D}",
                step_us=1,
            ),
            "ltsv": Log(
                "ltsv",
                r"time:%t\thost:%h\treq:%r\tstatus:%>s\tsize:%B\treqtime_microsec:%D\tua:%{User-Agent}i",
                step_us=1,
            ),
            "own": Log(
                r"%{msec}t|%m|%U%q|\"%{User-Agent}i\"|%>s|%{ms}T|%B|%a|%X",
                r"%{msec}t|%m|%U%q|\"%{User-Agent}i\"|%>s|%{ms}T|%B|%a|%X",
            ),
            "ms": Log(f"{APACHE_COMBINED} %{{ms}}T", f"{APACHE_COMBINED} %{{ms}}T"),
            "s": Log(f"{APACHE_COMBINED} %T", f"{APACHE_COMBINED} %T", step_us=1_000_000),
        },
    ),
    "haproxy": Server(
        "haproxy",
        ["-f", "{folder}/config", "-db"],
        HAPROXY.replace("{log}", "log stdout format raw local0").replace("{ring}", ""),
        logs={"output": Log("haproxy")},
        has_headers_in_size=True,
    ),
    "squid": Server(
        "squid",
        ["-N", "-f", "{folder}/config"],
        """
http_port 127.0.0.1:{port} accel no-vhost defaultsite=shop.example
cache_peer 127.0.0.1 parent {upstream} 0 no-query no-digest originserver
http_access allow all
cache deny all
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
coredump_dir {folder}
access_log stdio:{folder}/squid.log squid
access_log stdio:{folder}/combined.log combined
access_log stdio:{folder}/common.log common
""",
        logs={"squid": Log("squid")},
        has_headers_in_size=True,
    ),
}
"""By the name of the program."""


class RunningServer(Client):
    """A server and the folder of its logs."""

    def __init__(self, name: str, port: int, folder: Path) -> None:
        super().__init__(port)
        self.started_us = time.time_ns() // 1000
        self.server = SERVERS[name]
        self.folder = folder

    def log(self, name: str) -> Path:
        """The file of one of its logs."""
        return self.folder / f"{name}.log"


@contextmanager
def running(name: str) -> Iterator[RunningServer]:
    """A server with all of its logs; skips the test where there is none, but not in CI."""
    server = SERVERS[name]
    program = find_program(name, server.package)
    # Some of them give up root's rights, so they need a folder that anyone may use.
    with upstream() as upstream_port, tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        folder.chmod(0o777)
        port = free_port()
        known = {
            "folder": folder,
            "port": port,
            "upstream": upstream_port,
            "user": USER,
            "workers": 1,
            "modules": "/usr/lib/apache2/modules",
        }
        logs = "".join(
            server.log_line.replace("{name}", log)
            .replace("{written}", written.written)
            .replace("{folder}", str(folder))
            for log, written in server.logs.items()
        )
        (folder / "config").write_text(server.config.format(logs=logs, **known))
        arguments = [argument.format(**known) for argument in server.arguments]
        with (
            (folder / "output.log").open("wb") as output,
            started([program, *arguments], folder, port, output),
        ):
            yield RunningServer(name, port, folder)
