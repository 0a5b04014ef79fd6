"""One finished request as an app saw it, and its route as the framework names it."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

MAX_PATH = 2048

_PARAMETER = re.compile(
    r"""
      \(\?P<(?P<regex>\w+)>(?:[^()\\]|\\.|\([^()]*\))*\)  # (?P<id>[0-9]+), Django's re_path
    | <(?:[^<>]*:)?(?P<angle>\w+)>                        # <int:id>, Django and Flask
    | \{(?P<brace>\w+)(?::[^{}]*)?\}                      # {id:int}, Starlette
    """,
    re.VERBOSE,
)


class Record(NamedTuple):
    """The fields of an event; seconds and bytes."""

    time: float
    method: str
    path: str
    route: str
    status: int
    duration: float
    size: int | None
    error_type: str


@lru_cache(maxsize=2048)
def to_route(template: str) -> str:
    """The framework's template in the one form that all have here: ``/orders/{id}``."""
    route = _PARAMETER.sub(lambda match: f"{{{match[match.lastgroup or 0]}}}", template)
    if "^" in route or "$" in route:
        route = route.replace("^", "").removesuffix("$")
    return route if route.startswith("/") else f"/{route}"


def fill_in(path: str, parameters: Mapping[str, object]) -> str:
    """The path with the names of its parameters instead of their values."""
    whole = f"{path}/"
    for name, value in parameters.items():
        whole = whole.replace(f"/{value}/", f"/{{{name}}}/", 1)
    return whole[:-1]


def encode(records: Iterable[Record]) -> bytes:
    """The body of ``POST /api/events``; None and empty texts are left out."""
    names = Record._fields
    return json.dumps(
        [
            {
                name: value
                for name, value in zip(names, record, strict=True)
                if value is not None and value != ""
            }
            for record in records
        ]
    ).encode()
