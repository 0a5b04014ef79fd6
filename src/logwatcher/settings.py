"""Django's settings, from ``config``."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from logwatcher import config, journal
from logwatcher.core.privacy import Policy, client_key

_config = config.from_environment()
_HERE = Path(__file__).parent

HAS_MOCK_TRAFFIC = True
HAS_RECEIVER = True
TRAFFIC_MINUTES = _config.traffic_minutes
DATA = _config.data
SECRET_KEY = _config.secret_key or config.secret_key_in(_config.data)
MACHINE = _config.machine
PRIVACY = Policy(_config.client_ip, _config.keeps_query, client_key(SECRET_KEY))
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *_config.allowed_hosts]
TRUSTED_PROXIES = list(_config.trusted_proxies)
USER_HEADER = _config.user_header
"""In which a trusted proxy names whom it has signed in; empty: none is believed."""
ROOT_URLCONF = "logwatcher.root"
LOGWATCHER = {
    "GUARD": "logwatcher.web.guard.refusal",
    "KEEP_FIGURES": _config.keep_figures,
    "KEEP_REQUESTS": _config.keep_requests,
    "READER": "reader",
}
IS_LOCAL = True
"""Whether only this machine reaches the server; the command line says otherwise."""
IS_PUBLIC = False
"""Whether anybody may view, without a login."""
WORKER = 1
"""Which of several processes on one socket this is; the command line says otherwise."""
WORKER_SOCKETS: dict[int, Path] = {}
"""By number, where each of them can be asked for its figures."""
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "logwatcher.store",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "logwatcher.web.headers.content_security_policy",
    "logwatcher.web.headers.secure_cookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {"user_attributes": ("username",)},
        "MinimumLengthValidator": {"min_length": 10},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
SESSION_COOKIE_AGE = int(_config.session_days * 86400)
SESSION_COOKIE_NAME = "logwatcher_session"  # cookies know no ports: others on localhost have theirs
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "logwatcher.web.page.forbidden"
# TLS ends at the proxy; over plain HTTP on loopback these would lock the viewer out. Over HTTPS
# cookies are secure nevertheless, by `secure_cookies`.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]

LOGGING = journal.configuration(_config.log_format)


def databases(url: str) -> dict[str, dict[str, Any]]:  # Any: Django's own shape
    """``default`` to write with, and ``reader``: the same, whose transactions are snapshots."""
    if url.startswith("sqlite:"):
        pragmas = "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
        name = unquote(url.removeprefix("sqlite:///"), errors="surrogateescape")
        base: dict[str, Any] = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "TEST": {"NAME": f"{name}.test"},
        }
        write = {"transaction_mode": "IMMEDIATE", "init_command": pragmas, "timeout": 10}
        read = {"transaction_mode": "DEFERRED", "init_command": pragmas, "timeout": 10}
    else:
        from psycopg import IsolationLevel
        from psycopg.conninfo import conninfo_to_dict

        parts = conninfo_to_dict(url)
        base = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.pop("dbname", ""),
            "USER": parts.pop("user", ""),
            "PASSWORD": parts.pop("password", ""),
            "HOST": parts.pop("host", ""),
            "PORT": str(parts.pop("port", "")),
        }
        write = {**parts, "connect_timeout": 10}
        read = {**write, "isolation_level": IsolationLevel.REPEATABLE_READ}
    base |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}  # of what the pool gives out
    return {
        "default": {**base, "OPTIONS": write},
        "reader": {**base, "OPTIONS": read, "TEST": {**base.get("TEST", {}), "MIRROR": "default"}},
    }


DATABASES = databases(_config.database_url)
