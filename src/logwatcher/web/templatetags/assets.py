"""``{% asset "page.js" %}``: the address of a bundled file, whose name holds its hash."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.templatetags.static import static

register = template.Library()
MANIFEST = Path(__file__).parent.parent / "static" / "logwatcher" / "manifest.json"


class BundleMissing(RuntimeError):
    """The page's scripts and styles were never built."""


@register.simple_tag
def asset(name: str) -> str:
    """The URL of a file of the bundle."""
    return static(f"logwatcher/{_manifest()[name]}")


@cache
def _manifest() -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads(MANIFEST.read_text())
    except FileNotFoundError:
        raise BundleMissing("the page's bundle is missing; build it with: make build") from None
    return names
