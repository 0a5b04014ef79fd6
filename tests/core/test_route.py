import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core import route as module
from logwatcher.core.event import MAX_PATH, MAX_ROUTE
from logwatcher.core.route import NO_ROUTE, OTHER, admit, from_template, to_route
from logwatcher.core.text import clean

UUID = "0b3f8f2e-6f0d-4c1e-9a53-2f6f2f1f7a10"
PATHS = st.one_of(
    st.text(),
    st.text("/a1F-_.%;?#{}:é\0", max_size=300).map(lambda text: f"/{text}"),
    st.lists(
        st.sampled_from(
            ["", "api", "v2", "7", UUID, "{id}", "%31", "%2f", "app.3f9a8c7d.js", "é", "x;y", "…"]
        ),
        max_size=100,
    ).map("/".join),
)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/api/orders", "/api/orders"),
        ("/api/orders/4632", "/api/orders/{id}"),
        ("/api/orders/4632/items/1", "/api/orders/{id}/items/{id}"),
        ("/4632", "/{id}"),
        ("/api/orders/-1", "/api/orders/{id}"),
        ("/tiles/52.52,13.40", "/tiles/{id}"),
        (f"/files/{UUID}", "/files/{id}"),
        (f"/files/{UUID.upper()}", "/files/{id}"),
        (f"/files/{UUID.replace('-', '')}", "/files/{id}"),
        ("/commit/9fceb02d", "/commit/{id}"),
        ("/things/507f1f77bcf86cd799439011", "/things/{id}"),
        ("/things/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/things/{id}"),
        ("/things/cjld2cjxh0000qzrmn831i7rn", "/things/{id}"),
        ("/things/V1StGXR8_Z5jdHi6B-myT", "/things/{id}"),
        ("/things/user_2NNEqL2nrIRdJ194ndJqAHwEfxC", "/things/{id}"),
    ],
)
def test_what_names_one_thing_among_many_is_an_id(path: str, route: str) -> None:
    assert to_route(path) == route


@pytest.mark.parametrize(
    "path",
    [
        "/v2/users",
        "/api/v1.2/users",
        "/oauth2/token",
        "/blog/10-things-to-know-in-2024",
        "/blog/my-Post-About-2-Cats-in-2024",
        "/covid19-and-b12-guide",
        "/music.mp3",
        "/decade/facade",
        "/GetUserById2ForAdmin",
        "/Привет/日本",
        "/{id}",
    ],
)
def test_a_name_with_a_number_in_it_stays(path: str) -> None:
    assert to_route(path) == path


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/stats/2024-05-12", "/stats/{id}"),
        ("/stats/2024-05-12T10:00:00Z", "/stats/{id}"),
        ("/stats/20240512T100000+02:00", "/stats/{id}"),
        ("/2024/05/12/news", "/{id}/{id}/{id}/news"),
    ],
)
def test_dates_are_ids(path: str, route: str) -> None:
    assert to_route(path) == route


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/photos/12.jpg", "/photos/{id}.jpg"),
        (f"/photos/{UUID}.jpg", "/photos/{id}.jpg"),
        ("/static/app.3f9a8c7d.js", "/static/app.{id}.js"),
        ("/static/page-ABCD1234.css", "/static/page-{id}.css"),
    ],
)
def test_a_file_keeps_its_kind(path: str, route: str) -> None:
    assert to_route(path) == route


@pytest.mark.parametrize("end", ["?a=1", "#top", "?", "?next=/a/1#x", "?a=1?b=2\n3"])
def test_query_and_fragment_are_off(end: str) -> None:
    assert to_route(f"/search{end}") == "/search"


def test_path_parameters_are_off() -> None:
    assert to_route("/shop;jsessionid=4A3F/cart;v=1") == "/shop/cart"


def test_repeated_slashes_are_one_and_the_last_is_kept() -> None:
    assert to_route("//api///orders//") == "/api/orders/"
    assert to_route("/api/orders/") != to_route("/api/orders")


def test_an_escaped_id_is_an_id_and_other_escapes_stay() -> None:
    assert to_route("/users/%34%32") == "/users/{id}"
    assert to_route("/caf%c3%a9") == to_route("/caf%C3%A9") == "/caf%C3%A9"
    assert to_route("/%2531") == "/%2531"


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("http://example.com/api/orders/7?x", "/api/orders/{id}"),
        ("http://example.com", "/"),
        ("https://user@[::1]:8000?x", "/"),
        ("*", "*"),
    ],
)
def test_other_request_targets_have_a_route(target: str, route: str) -> None:
    assert to_route(target) == route


@pytest.mark.parametrize("target", ["", "-", "example.com:443", "\x16\x03\x01", "index.html", "?x"])
def test_what_is_not_a_path_has_no_route(target: str) -> None:
    assert to_route(target) == NO_ROUTE


def test_a_long_route_is_cut_between_segments() -> None:
    route = to_route("/abcdefghi" * 100)
    assert route == "/abcdefghi" * 19 + "/…"
    assert to_route("/" + "a" * (MAX_ROUTE - 1)) == "/" + "a" * (MAX_ROUTE - 1)
    assert to_route("/" + "a" * MAX_ROUTE) == "/…"


@pytest.mark.parametrize("unit", ["/", "1", "a1", "A-", "%41", "a.", "_-", "-1", ";", "/1", "\0"])
def test_ten_megabytes_take_no_time(unit: str) -> None:
    path = "/" + unit * (10_000_000 // len(unit))
    started = time.process_time()
    assert len(to_route(path)) <= MAX_ROUTE
    assert time.process_time() - started < 0.1


@given(PATHS)
def test_a_route_is_bounded_clean_and_its_own_route(path: str) -> None:
    route = to_route(path)
    assert 0 < len(route) <= MAX_ROUTE
    assert clean(route, MAX_ROUTE) == route
    assert to_route(route) == route


@given(st.integers(0, 10**20), st.integers(0, 10**20))
def test_paths_that_differ_by_a_number_share_a_route(first: int, second: int) -> None:
    assert to_route(f"/orders/{first}/items") == to_route(f"/orders/{second}/items")


def test_a_path_beyond_the_bound_is_as_good_as_its_beginning() -> None:
    path = "/a" * MAX_PATH
    assert to_route(path) == to_route(path[:MAX_PATH])


def test_routes_beyond_the_limit_are_one() -> None:
    routes = ["/a", "/b", "/c", "/a"]
    assert admit(routes, set(), set(routes), limit=2) == {"/a": "/a", "/b": "/b", "/c": OTHER}


def test_routes_known_before_keep_their_places() -> None:
    routes = ["/c", "/b"]
    assert admit(routes, {"/a", "/b"}, set(routes), limit=2) == {"/c": OTHER, "/b": "/b"}


def test_a_scanner_cannot_take_all_places() -> None:
    guesses = [f"/{name}.php" for name in "abcd"]
    found = admit([*guesses, "/orders"], set(), {"/orders"}, limit=4)
    assert list(found.values()) == ["/a.php", "/b.php", OTHER, OTHER, "/orders"]
    assert admit(["/c.php"], {"/a.php", "/b.php", "/orders"}, {"/c.php"}, limit=4) == {
        "/c.php": "/c.php"
    }


@given(PATHS, st.text("0129/.;?a-\n", max_size=20))
def test_numbers_taken_out_early_change_no_route(path: str, end: str) -> None:
    for whole in (path[:200] + end, f"/{end}"):
        assert to_route(whole) == module._route(whole)


@pytest.mark.parametrize(
    ("template", "route"),
    [
        ("/orders/{id}", "/orders/{id}"),
        ("/orders/{id:int}", "/orders/{id}"),
        ("/files/{name:path}", "/files/{name}"),
        ("orders/{id:int:min(1)}/{part?}", "/orders/{id}/{part}"),
        ("files/{*rest}", "/files/{rest}"),
        ("files/{**rest}", "/files/{rest}"),
        ("/files/{rest...}", "/files/{rest}"),
        ("/orders/<int:id>/", "/orders/{id}/"),
        ("/<string(length=2):language>/<page>", "/{language}/{page}"),
        ("orders/<uuid:id>", "/orders/{id}"),
        (r"^orders/(?P<id>[0-9]{1,9})/(?P<part>(a|b))$", "/orders/{id}/{part}"),
        (r"^orders/(?<id>\d+)$", "/orders/{id}"),
        (r"shop/^items/(?P<item>\(x\))$", "/shop/items/{item}"),
        ("/orders/:id", "/orders/{id}"),
        (r"/orders/:id(\d+)/:part?", "/orders/{id}/{part}"),
        ("/orders/:id(.:format)", "/orders/{id}"),
        ("/orders(.:format)", "/orders"),
        ("/files/*rest", "/files/{rest}"),
        ("/v1/orders:search", "/v1/orders:search"),
        ("/static/*", "/static/*"),
        ("boom", "/boom"),
        ("", "/"),
    ],
)
def test_templates_of_frameworks_become_routes(template: str, route: str) -> None:
    assert from_template(template) == route


@given(st.text("/{}<>()?P:*^$\\.ab1 ", max_size=200) | st.text())
def test_a_template_becomes_a_route_whatever_it_is(template: str) -> None:
    assert from_template(template).startswith("/")


@pytest.mark.parametrize("part", ["(?P<a>", "(?P<a>(", "<", "<a", "{a:", "/:a(", "\\", "((", "<a:"])
def test_hostile_templates_take_no_time(part: str) -> None:
    began = time.process_time()
    from_template(part * 100_000)
    assert time.process_time() - began < 0.2
