"""What frameworks call a route becomes one form."""

import json

import pytest

from logwatcher.core.payload import read
from logwatcher.middleware.record import Record, encode, fill_in, to_route


@pytest.mark.parametrize(
    ("template", "route"),
    [
        ("/orders/{id}", "/orders/{id}"),
        ("/orders/{id:int}", "/orders/{id}"),
        ("/files/{name:path}", "/files/{name}"),
        ("/orders/<int:id>/", "/orders/{id}/"),
        ("/<string(length=2):language>/<page>", "/{language}/{page}"),
        ("orders/<uuid:id>", "/orders/{id}"),
        (r"^orders/(?P<id>[0-9]{1,9})/(?P<part>(a|b))$", "/orders/{id}/{part}"),
        (r"shop/^items/(?P<item>\(x\))$", "/shop/items/{item}"),
        ("", "/"),
    ],
)
def test_templates(template: str, route: str) -> None:
    assert to_route(template) == route


def test_the_values_of_parameters_become_their_names() -> None:
    assert fill_in("/shops/5/items/5", {"shop": 5, "item": "5"}) == "/shops/{shop}/items/{item}"
    assert fill_in("/aa/a", {"x": "a"}) == "/aa/{x}"
    assert fill_in("/files/a/b/c", {"name": "a/b/c"}) == "/files/{name}"
    assert fill_in("/plain", {}) == "/plain"


def test_the_server_reads_what_is_encoded() -> None:
    records = [
        Record(1_700_000_000.5, "GET", "/a\ud800", "/a", 200, 0.01, 5, ""),
        Record(1_700_000_000.5, "GET", "/b", "", 500, 0.01, None, "KeyError"),
    ]
    body = encode(records)
    assert "route" not in json.loads(body)[1]
    found = read(body.decode(), 1_700_000_001_000_000, is_lines=False)
    assert found.wrong == 0
    assert [one.route for one in found.events] == ["/a", "/b"]
    assert found.events[1].error_type == "KeyError"
