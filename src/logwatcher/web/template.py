"""The page's templates, read by an engine of their own: a project's settings don't reach them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine, RequestContext

from logwatcher.web.place import way_to_page
from logwatcher.web.visitor import visitor_of

ENGINE = Engine(
    dirs=[str(Path(__file__).parent / "templates")],
    libraries={
        name: f"logwatcher.web.templatetags.{name}" for name in ("assets", "view_url")
    },
)  # fmt: skip

Values = Mapping[str, Any]  # Any: what a template reads


def render(request: HttpRequest, name: str, values: Values, status: int = 200) -> HttpResponse:
    """A page or a fragment; numbers are written the same in every language.

    The template gets ``way``, the relative address of the page as seen from the request's, and
    the ``visitor``.
    """
    own = {"way": way_to_page(request), "visitor": visitor_of(request)}
    context = RequestContext(request, {**values, **own}, use_l10n=False, use_tz=False)
    return HttpResponse(ENGINE.get_template(name).render(context), status=status)


def render_text(name: str, values: Values) -> str:
    """A card for the stream; its addresses are relative to the page it stands on."""
    return ENGINE.get_template(name).render(Context(dict(values), use_l10n=False, use_tz=False))
