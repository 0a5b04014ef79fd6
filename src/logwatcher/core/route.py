"""Path → route: what all paths of one endpoint have in common."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from urllib.parse import unquote

from logwatcher.core.event import MAX_PATH, MAX_ROUTE
from logwatcher.core.text import clean

ID = "{id}"
"""Stands for a segment that names one thing among many."""
MORE = "…"
"""Stands for all segments that don't fit into ``MAX_ROUTE``."""
NO_ROUTE = "(invalid)"
"""The route of what is not a path: TLS bytes, the target of a CONNECT, nothing at all."""
OTHER = "(other)"
"""The route of all routes beyond the limit."""
MAX_ROUTES = 500

_CACHED = 256  # longer paths are rare, and many of them would be much memory

_QUERY = re.compile(r"[?#].*", re.DOTALL)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^/]*")
_PARAMETER = re.compile(r";[^/]*")
_SLASHES = re.compile(r"//+")
_SLASH_ID = f"/{ID}"
_NUMBER = re.compile(r"/\d+(?=/|\Z|\.[A-Za-z]{1,5}(?:/|\Z))", re.ASCII)
_WITH_DIGIT = re.compile(r"(?<=/)[^/\d]*\d[^/]*", re.ASCII)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")

# Words with a number in them ("v2", "top-10-tips") name a kind of thing, so they stay.
_ID = re.compile(
    r"""
      [-+]?\d[\d.,:_+-]*                                            # 42, 1.5, 2024-05-12, 10.0.0.1
    | \d{4}-?\d\d-?\d\dT[\d:.]+(?:Z|[+-][\d:]+)?                    # 2024-05-12T10:00:00Z
    | (?=[a-f]*\d)[\da-f]{8,}                                       # hashes, object ids
    | \{?[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}}?  # UUIDs
    """,
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_TOKEN = re.compile(r"[\dA-Za-z]{16,}|(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}", re.ASCII)
_LETTER_DIGIT = re.compile(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])", re.ASCII)
_FILE = re.compile(r"(.+)(\.(?=\d?[A-Za-z])[A-Za-z\d]{1,5})", re.ASCII | re.DOTALL)
_BUILD = re.compile(
    r"(.*[.-])(?:(?=[a-f]*\d)[\da-f]{8,}|(?=[A-Z]*\d)[\dA-Z]{8})", re.ASCII | re.DOTALL
)

_TEMPLATE = re.compile(
    r"""
      \(\?P?<(?P<group>\w+)>(?:[^()\\]|\\.|\([^()]*\))*\)  # (?P<id>[0-9]+), Django's re_path
    | <(?:[^<>]*:)?(?P<angle>\w+)>                         # <int:id>, Django and Flask
    | \{\*{0,2}(?P<brace>\w+)(?:[^\w{}][^{}]*)?\}           # {id:int}, {*rest}, {rest...}
    | (?<=/)[:*](?P<colon>\w+)(?:\([^()]*\))?[?*+]?        # :id, :id(.:format), *rest
    | (?P<format>\(\.:format\))                            # Rails
    """,
    re.VERBOSE | re.ASCII,
)


def to_route(path: str) -> str:
    """The path without what differs from one request of an endpoint to the next.

    Query, fragment and path parameters are off, ids, UUIDs, hashes, dates and numbers are
    ``{id}``; repeated slashes are one, a slash at the end is kept, since servers tell
    both apart. Never raises, never longer than ``MAX_ROUTE``; a route is its own route.
    """
    if len(path) > _CACHED:
        return _route(path[:MAX_PATH])
    return _cached(_NUMBER.sub(_SLASH_ID, path))  # ids that are numbers would fill the cache


def _route(path: str) -> str:
    if "?" in path or "#" in path:
        path = _QUERY.sub("", path)
    if not path.startswith("/"):
        path = _without_origin(path)
    if ";" in path:
        path = _PARAMETER.sub("", path)
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return clean(_bounded(_WITH_DIGIT.sub(_generalise, path)), MAX_ROUTE)


_cached = lru_cache(maxsize=8192)(_route)


def _without_origin(target: str) -> str:
    if origin := _ORIGIN.match(target):
        return target[origin.end() :] or "/"
    return target if target == "*" else NO_ROUTE


def _generalise(match: re.Match[str]) -> str:
    segment = match[0]
    if segment.isdecimal() and segment.isascii():
        return ID
    if "%" in segment:
        segment = _ESCAPE.sub(lambda escape: escape[0].upper(), segment)
        return ID if _is_id(unquote(segment)) else segment
    if _is_id(segment):
        return ID
    if (file := _FILE.fullmatch(segment)) is None:
        return segment
    stem, extension = file.groups()
    if _is_id(stem):
        return ID + extension
    build = _BUILD.fullmatch(stem)
    return f"{build[1]}{ID}{extension}" if build else segment


def _is_id(text: str) -> bool:
    if _ID.fullmatch(text):
        return True
    # Random letters and digits change sides often; names end with a number or hold one.
    return _TOKEN.fullmatch(text) is not None and len(_LETTER_DIGIT.findall(text)) >= 3


def _bounded(route: str) -> str:
    if len(route) <= MAX_ROUTE:
        return route
    last = route.rfind("/", 0, MAX_ROUTE - len(MORE))
    return f"{route[:last]}/{MORE}"


def from_template(template: str) -> str:
    """A framework's template in the one form that all have here: ``/orders/{id}``.

    Knows Django's, Flask's, Starlette's, Express's, Rails', ASP.NET's, Spring's and Go's.
    Never raises; a route is its own template. May be longer than ``MAX_ROUTE``.
    """
    return _from_template(template[:MAX_PATH])


@lru_cache(maxsize=2048)
def _from_template(template: str) -> str:
    route = _TEMPLATE.sub(_parameter, template)
    if "^" in route or "$" in route:
        route = route.replace("^", "").removesuffix("$")
    return route if route.startswith("/") else f"/{route}"


def _parameter(match: re.Match[str]) -> str:
    return "" if match["format"] else f"{{{match[match.lastgroup or 0]}}}"


def admit(
    routes: Iterable[str],
    known: AbstractSet[str],
    succeeded: AbstractSet[str],
    limit: int = MAX_ROUTES,
) -> dict[str, str]:
    """Each route as it is counted: itself if it has or gets a place, else as ``OTHER``.

    A new route that has only failed gets one of the first half of the places, so that a
    scanner's guesses can't take them all.

    Args:
        routes: of one source, in the order of their claims.
        known: the routes that have a place.
        succeeded: those that were answered with a status below 400.
        limit: how many places there are.
    """
    taken = set(known)
    admitted = {}
    for route in routes:
        if route not in taken and len(taken) >= (limit if route in succeeded else limit // 2):
            admitted[route] = OTHER
            continue
        taken.add(route)
        admitted[route] = route
    return admitted
