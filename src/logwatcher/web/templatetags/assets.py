"""``{% asset "page.js" %}``: the address of a bundled file, whose name holds its hash."""

from django import template
from django.template import Context

from logwatcher.web import bundle

register = template.Library()


@register.simple_tag(takes_context=True)
def asset(context: Context, name: str) -> str:
    """Relative to the request's address, which ``way`` says."""
    return f"{context['way']}{bundle.address(name)}"
