"""Every log format by its name."""

import json
from dataclasses import replace
from difflib import get_close_matches

from logwatcher.core.formats import aws, clf, google, jsonline, keyvalue, proxy, uwsgi, w3c
from logwatcher.core.formats.apache import compile_apache
from logwatcher.core.formats.format import Format, FormatError, Make
from logwatcher.core.formats.jsonline import compile_json, usual_json
from logwatcher.core.formats.nginx import compile_nginx

FORMATS = {
    format_.name: format_
    for format_ in (
        clf.COMBINED,
        clf.COMMON,
        clf.COMBINED_IO,
        clf.APACHE_US,
        clf.APACHE_MS,
        clf.APACHE_S,
        clf.INGRESS,
        clf.TRAEFIK,
        jsonline.TRAEFIK_JSON,
        jsonline.CADDY,
        jsonline.CLOUDFLARE,
        aws.ALB,
        aws.ELB,
        w3c.CLOUDFRONT,
        aws.S3,
        google.GCS,
        w3c.W3C,
        proxy.HAPROXY,
        proxy.ENVOY,
        proxy.SQUID,
        uwsgi.UWSGI,
        jsonline.JSON,
        keyvalue.LTSV,
        keyvalue.LOGFMT,
    )
}
"""The most specific ones first."""


def find_format(text: str) -> Format:
    """A format by its name or by its definition.

    Args:
        text: a name in ``FORMATS``, an NGINX ``log_format``, an Apache ``LogFormat`` or, as
            JSON, the keys of a JSON log by field.

    Raises:
        FormatError: there is none of this name, or the definition is none.
    """
    if format_ := FORMATS.get(text):
        return format_
    if text.lstrip().startswith("{") and "$" not in text and "%" not in text:
        keys = _keys(text)
        return replace(_own("json keys", compile_json(keys)), make_usual=usual_json(keys))
    if "$" in text:
        return _own("log_format", compile_nginx(text))
    if "%" in text:
        return _own("LogFormat", compile_apache(text))
    close = get_close_matches(text, FORMATS, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise FormatError(f"unknown {text!r}; {hint}See: logwatcher formats")


def _own(what: str, make: Make) -> Format:
    return Format(what, f"by your own {what.split()[-1]}", "", make, may_lack_offset=True)


def _keys(text: str) -> dict[str, str]:
    try:
        keys = json.loads(text)
    except ValueError as error:
        raise FormatError(f"no JSON object of keys by field: {error}") from None
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise FormatError("no JSON object of keys by field, each of them a text")
    return keys
