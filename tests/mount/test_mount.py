"""A Django project with the page in it, under each kind of server: its requests are on the page."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.mount.project import PAGE, SERVERS, STRICT, Project, Visitor, events, until
from tests.stream.sse import Event
from tests.web.tags import Tags

NewDatabase = Callable[[], str]


@pytest.fixture
def project(empty_database: NewDatabase) -> Project:
    return Project({"default": empty_database()}).prepare()


@pytest.mark.parametrize("server", SERVERS)
def test_the_project_s_requests_are_on_its_page(project: Project, server: str) -> None:
    with project.served(server) as port:
        staff = Visitor(port).sign_in("staff")
        visitor = Visitor(port)
        for path, status in (("/shop/7/?secret=1", 200), ("/shop/1234/", 404), ("/boom", 500)):
            assert visitor.get(path).status == status
        until(lambda: len(staff.rows()) == 4)
        page = staff.get(PAGE)
        assert page.status == 200
        assert "/shop/{id}/" in Tags(page.text).data
        assert "secret" not in page.text
        rows = {row["path"]: row for row in staff.rows()}
        assert rows["/shop/7/"]["route"] == rows["/shop/1234/"]["route"] == "/shop/{id}/"
        assert [rows[path]["status"] for path in ("/shop/7/", "/shop/1234/")] == [200, 404]
        assert rows["/boom"]["error_type"] == "ZeroDivisionError"
        assert {row["source"] for row in rows.values()} == {"bookshop"}
        assert all(0 < row["duration"] < 5 for row in rows.values())
        visitor.get("/shop/8/")  # what came after the page was asked for is on it, but not that
        until(lambda: len(staff.rows()) > 4)
        assert sorted({row["path"] for row in staff.rows()} - rows.keys()) == ["/shop/8/"]


@pytest.mark.parametrize("server", ["runserver", "gunicorn", "gthread"])
def test_what_came_just_before_the_end_is_kept(project: Project, server: str) -> None:
    with project.served(server) as port:
        for i in range(40):
            Visitor(port).get(f"/shop/{i}/")
    with project.served(server) as port:
        rows = Visitor(port).sign_in("staff").rows()
    assert len([row for row in rows if row["path"].startswith("/shop/")]) == 40


@pytest.mark.parametrize("server", SERVERS)
def test_the_stream_says_what_is_new_and_holds_no_thread(project: Project, server: str) -> None:
    with project.served(server) as port:
        staff = Visitor(port).sign_in("staff")
        until(lambda: staff.rows())
        revision = _revision(staff.get(PAGE).text)

        def ask(since: str, **more: object) -> list[Event]:
            extra = "".join(f"&{name}={value}" for name, value in more.items())
            answer = staff.get(f"{PAGE}api/live?view=&since={since}{extra}")
            assert answer.status == 200, answer.text
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            return events(answer.text)

        news, again = ask(revision)
        assert (news.name, again.name) == ("heartbeat", "again")
        at = again.data["at"]
        assert 1 <= again.data["pause"] < 10
        assert ask(revision, at=at - 60)[0].name == "frame"  # the window has moved meanwhile
        Visitor(port).get("/shop/7/")
        until(lambda: ask(revision)[0].name == "frame")
        news, _ = ask(revision)
        assert news.data["views"][""]["new"] == 1
        assert "/shop/7/" in news.data["views"][""]["cards"]["requests"]
        assert ask(news.id)[0].name == "heartbeat"
        assert ask("00000000-1")[0].name == "reset"
        assert staff.get(f"{PAGE}api/live?view=range%3Dx").status == 400
        assert staff.get(f"{PAGE}api/live").json["parameter"] == "view"


def test_nobody_sees_it_by_accident(project: Project) -> None:
    with project.served("gthread") as port:
        staff, guest = (Visitor(port).sign_in(name) for name in ("staff", "guest"))
        until(lambda: len(staff.rows()) == 2)
        nobody = Visitor(port)
        address = f"requests/{staff.rows()[0]['id']}"
        for name in ("", address, "api/requests", "api/series", "api/live?view=&since=", "traffic"):
            assert staff.get(PAGE + name).status == (405 if name == "traffic" else 200), name
            for visitor in (nobody, guest):
                answer = visitor.get(PAGE + name, **{"X-Forwarded-For": "127.0.0.1"})
                assert answer.status == 403, name
                assert "ACCESS" in answer.text
                assert "sign-in" not in answer.text
                assert answer.headers["Cache-Control"] == "no-store"
        refused = nobody.get(PAGE).text
        (style,) = [of["href"] for tag, of in Tags(refused).tags if of.get("rel") == "stylesheet"]
        assert nobody.get(urljoin(PAGE, style)).status == 200


def test_its_developer_sees_it_but_nobody_behind_a_proxy(empty_database: NewDatabase) -> None:
    with Project({"default": empty_database()}, DEBUG=True).prepare().served("runserver") as port:
        visitor = Visitor(port)
        assert visitor.get(PAGE).status == 200
        for header in ("Forwarded", "X-Forwarded-For", "X-Real-IP"):
            assert visitor.get(PAGE, **{header: "127.0.0.1"}).status == 403


@pytest.mark.parametrize(
    ("name", "cookie", "status"),
    [("with_a_key", "", 403), ("with_a_key", "key=book", 200), ("never_awaited", "", 403)],
)
def test_who_may_see_it_is_the_project_s_to_say(
    empty_database: NewDatabase, name: str, cookie: str, status: int
) -> None:
    access = {"ACCESS": f"tests.mount.bookshop.urls.{name}"}
    warnings = "ignore" if name == "never_awaited" else STRICT
    project = Project({"default": empty_database()}, warnings=warnings, LOGWATCHER=access).prepare()
    with project.served("gthread") as port:
        for address in ("", "api/series", "api/live?view=&since="):
            assert Visitor(port).get(PAGE + address, Cookie=cookie).status == status


def test_it_can_have_a_database_of_its_own(empty_database: NewDatabase) -> None:
    project = Project(
        {"default": empty_database(), "traffic": empty_database()},
        DATABASE_ROUTERS=["logwatcher.store.database.Router"],
        LOGWATCHER={"DATABASE": "traffic"},
        SQLITE={},
    ).prepare()
    tables = "from django.db import connections as c\nprint(c[{!r}].introspection.table_names())"
    project.manage("migrate", "logwatcher", "--database", "traffic", "-v0")
    assert "logwatcher_request" not in project.run(tables.format("default"))
    of_its_own = project.run(tables.format("traffic"))
    assert "logwatcher_request" in of_its_own
    assert "auth_user" not in of_its_own
    assert "no issues" in project.manage("check")
    with project.served("gunicorn") as port:
        staff = Visitor(port).sign_in("staff")
        until(lambda: staff.rows())
        assert staff.get(PAGE).status == 200
        assert events(staff.get(f"{PAGE}api/live?view=&since=").text)[1].name == "again"


def test_the_name_of_a_script_comes_before_it(empty_database: NewDatabase) -> None:
    project = Project({"default": empty_database()}, FORCE_SCRIPT_NAME="/books").prepare()
    with project.served("uvicorn") as port:
        staff = Visitor(port).sign_in("staff")
        until(lambda: staff.rows())
        page = staff.get(PAGE).text
        targets = {urljoin(f"/books{PAGE}", address) for address in Tags(page).addresses}
        for target in targets:
            assert target.startswith(f"/books{PAGE}")
            assert staff.get(target.removeprefix("/books")).status == 200, target
        description = staff.get(f"{PAGE}api/openapi.json").json
        assert description["servers"] == [{"url": f"/books{PAGE}".removesuffix("/")}]


def test_the_project_loads_no_settings_of_a_server_of_ours(project: Project) -> None:
    loaded = project.run(
        "import sys, django.urls\n"
        "django.urls.reverse('logwatcher:page')\n"
        "print([name for name in sys.modules if name.startswith('logwatcher')])"
    )
    assert "logwatcher.web.page" in loaded
    assert "logwatcher.config" not in loaded
    assert "logwatcher.settings" not in loaded
    assert "uvicorn" not in loaded


def test_a_project_s_tests_record_nothing(project: Project) -> None:
    assert "recorded 0" in project.run(
        "from django.test.utils import setup_test_environment\n"
        "from django.test import Client\n"
        "from logwatcher.middleware.sender import close_all\n"
        "from logwatcher.store.models import Request\n"
        "setup_test_environment()\n"
        "assert Client().get('/shop/1/').status_code == 200\n"
        "close_all()\n"
        "print('recorded', Request.objects.count())"
    )


SHARED = {"default": "sqlite:///nowhere.db"}


@pytest.mark.parametrize(
    ("databases", "wanted", "said"),
    [
        (SHARED, {}, ["no issues"]),
        (SHARED, {"SQLITE": {}}, ["W008", "IMMEDIATE"]),
        (SHARED, {"LOGWATCHER": {"DATABSE": "x"}}, ["E001", "'DATABSE'", "Use DATABASE."]),
        (SHARED, {"LOGWATCHER": {"DATABASE": "traffic"}}, ["E002", "'traffic'", "default"]),
        (
            {**SHARED, "traffic": "sqlite:///other.db"},
            {"LOGWATCHER": {"DATABASE": "traffic"}},
            ["E004", "logwatcher.store.database.Router"],
        ),
        (SHARED, {"LOGWATCHER": {"ACCESS": "tests.mount.nowhere"}}, ["E005", "dotted path"]),
        (SHARED, {"LOGWATCHER": {"ACCESS": "tests.mount.project.PAGE"}}, ["E006", "function"]),
        (
            SHARED,
            {"LOGWATCHER": {"ACCESS": "tests.mount.bookshop.urls.never_awaited"}},
            ["E006", "async"],
        ),
    ],
)
def test_a_check_says_what_is_wrong_and_what_to_do(
    databases: dict[str, str], wanted: dict[str, Any], said: list[str]
) -> None:
    told = Project(databases, **wanted).manage("check")
    for text in said:
        assert text in told


def _revision(page: str) -> str:
    found = re.search(r'"revision": "([\w-]+)"', page)
    assert found, page
    return found[1]
