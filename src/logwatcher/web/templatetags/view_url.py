"""``{% view_url view range="15m" %}``: the address of a view with some values changed."""

from django import template

from logwatcher.core.view import View

register = template.Library()


@register.simple_tag
def view_url(view: View, **changes: str | int | None) -> str:
    """``./?…`` in canonical form, relative to the page; an empty value takes a filter away."""
    query = view.change(**changes).query()
    return f"./?{query}" if query else "./"
