"""A project like any other, with the page in it; what a test wants otherwise is in BOOKSHOP."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

WANTED: dict[str, Any] = json.loads(os.environ["BOOKSHOP"])  # Any: settings


def database(url: str) -> dict[str, Any]:
    """As a project has it."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(parts.path),
            "OPTIONS": WANTED.get("SQLITE", {"transaction_mode": "IMMEDIATE"}),
        }
    of = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": of.pop("dbname"),
        **{name.upper(): str(of.pop(name, "")) for name in ("user", "password", "host", "port")},
        "OPTIONS": of,
    }


SECRET_KEY = "x" * 50
DEBUG = WANTED.get("DEBUG", False)
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.mount.bookshop.urls"
WSGI_APPLICATION = "tests.mount.bookshop.wsgi.application"
DATABASES = {name: database(url) for name, url in WANTED["DATABASES"].items()}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASE_ROUTERS = WANTED.get("DATABASE_ROUTERS", [])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORCE_SCRIPT_NAME = WANTED.get("FORCE_SCRIPT_NAME")
# What a page of ours must not depend on.
USE_TZ = False
USE_THOUSAND_SEPARATOR = True
LANGUAGE_CODE = "de"
CSRF_COOKIE_NAME = "shoptoken"
CSRF_HEADER_NAME = "HTTP_X_SHOPTOKEN"
CSRF_USE_SESSIONS = True
TEMPLATES: list[dict[str, Any]] = []
LOGWATCHER = {"SOURCE": "bookshop", **WANTED.get("LOGWATCHER", {})}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "logwatcher",
]
MIDDLEWARE = [
    "logwatcher.middleware.DjangoMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
