"""The bundle's files: kept for ever under their hashed names, and nothing else is served."""

import gzip

import pytest
from django.test import Client

from logwatcher.web import bundle


@pytest.fixture(params=["page.js", "theme.js", "page.css"])
def url(request: pytest.FixtureRequest) -> str:
    return f"/{bundle.address(request.param)}"


def test_a_file_is_kept_for_ever(url: str, client: Client) -> None:
    response = client.get(url)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == bundle.FOR_EVER
    assert response.content == (bundle.FOLDER / url.removeprefix(f"/{bundle.URL}")).read_bytes()
    kind = "text/css" if url.endswith(".css") else "text/javascript"
    assert response.headers["Content-Type"].startswith(kind)


def test_a_file_is_gzipped_for_who_takes_it(url: str, client: Client) -> None:
    response = client.get(url, headers={"Accept-Encoding": "br, gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == client.get(url).content


@pytest.mark.parametrize("name", ["nothing.js", "manifest.json", "..%2f..%2fapi.py", "page.js"])
def test_nothing_else_is_served(name: str, client: Client) -> None:
    assert client.get(f"/static/logwatcher/{name}").status_code == 404
