"""How log lines are written: as text, or as JSON for what collects them; never with a secret."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

JSON = "json"
"""The format's name; the other one is for people."""
TOLD = "logwatcher.cli"
"""The logger of what a command tells its user, where that is JSON, too."""

_SECRET = re.compile(
    r"(\blw\.\d+\.)[\w-]+"  # a token of ours
    r"|(\b(?:bearer|basic)\s+)\S+"
    r"|(://[^\s:/@]*:)[^\s@]+(?=@)"  # a password in an address
    r"|(\b\w*(?:password|passwd|secret|token|session)=)[^\s&;,'\"]+",
    re.IGNORECASE,
)
_USUAL = {*vars(logging.makeLogRecord({})), "asctime", "message", "taskName", "color_message"}


def mask(text: str) -> str:
    """The text without what looks like a token, a password or a session's key."""
    return _SECRET.sub(lambda match: f"{''.join(filter(None, match.groups()))}…", text)


class TextFormatter(logging.Formatter):
    """``WARNING logwatcher.pipeline: …``, an exception's traceback below it."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class JsonFormatter(logging.Formatter):
    """One object a line: time (UTC), level, logger, process, message, fields, exception."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": mask(record.getMessage()),
            "fields": _fields(vars(record)),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(line)


def configuration(format_: str) -> dict[str, Any]:  # Any: dictConfig's own shape
    """For ``logging.config.dictConfig``; everything goes to standard error."""
    formatter = JsonFormatter if format_ == JSON else TextFormatter
    levels = {
        # Any scanner can ask for a wrong host; the answer says what to do, a traceback doesn't.
        "django.security.DisallowedHost": "CRITICAL",
        "logwatcher.audit": "INFO",
        TOLD: "INFO" if format_ == JSON else "WARNING",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": level} for name, level in levels.items()},
    }


def _fields(record: Mapping[str, object]) -> dict[str, object]:
    """What was logged beside the message, as far as it is plain: a request would tell too much."""
    fields: dict[str, object] = {}
    for key, value in record.items():
        if key in _USUAL or not isinstance(value, str | int | float | None):
            continue
        fields[key] = mask(f"{key}={value}").partition("=")[2] if isinstance(value, str) else value
    return fields
