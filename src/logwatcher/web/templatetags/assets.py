"""``{% asset "page.js" %}``: the address of a bundled file, whose name holds its hash."""

from django import template

from logwatcher.web import bundle

register = template.Library()
register.simple_tag(bundle.address, name="asset")
