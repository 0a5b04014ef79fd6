"""HTML taken apart, to look at the tags of a page."""

from html.parser import HTMLParser

ADDRESSES = ("href", "src", "action", "hx-get", "hx-post")


class Tags(HTMLParser):
    """All start tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.data = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attributes}))

    def handle_data(self, data: str) -> None:
        self.data += data

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [of["href"] for tag, of in self.tags if tag == "a" and "href" in of]

    @property
    def addresses(self) -> list[str]:
        """Everything it may ask for, as it is written; places on the page itself aside."""
        found = [of[name] for _, of in self.tags for name in ADDRESSES if name in of]
        return [address for address in found if not address.startswith(("#", "data:"))]
