"""Many viewers of a project under Uvicorn: pushed to without a thread each, if Django agrees."""

import http.client
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.mount.project import PAGE, PUSHING, Project, Visitor, until
from tests.stream.sse import Stream

VIEWERS = 50


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project({"default": f"sqlite:///{tmp_path}/shop.sqlite3"}).prepare()


class Pushed(Stream):
    """A connection to the stream of a project, with its visitor's cookie."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Cookie": cookie}
        self._connection.request("GET", f"{PAGE}api/live?view=&since=", headers=headers)
        self.response = self._connection.getresponse()


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")
def test_many_viewers_hold_no_thread_and_hear_at_once(project: Project) -> None:
    with project.process(PUSHING) as (port, pid), ExitStack() as open_streams:
        staff = Visitor(port).sign_in("staff")
        streams = [open_streams.enter_context(Pushed(port, staff.cookie)) for _ in range(VIEWERS)]
        for stream in streams:
            assert stream.response.status == 200
            stream.next()
        until(lambda: threads(pid) < 20)
        Visitor(port).get("/shop/7/")
        for stream in streams:
            while "/shop/7/" not in str(stream.next().data["views"]):
                pass
        assert Visitor(port).get(PAGE).status == 403


def test_who_may_not_see_the_page_gets_no_stream(project: Project) -> None:
    with project.served(PUSHING) as port:
        for cookie in ("", Visitor(port).sign_in("guest").cookie):
            with Pushed(port, cookie) as stream:
                assert stream.response.status == 403
                assert b"ACCESS" in stream.response.read()
        staff = Visitor(port).sign_in("staff")
        assert staff.get(f"{PAGE}api/live").json["parameter"] == "view"


def test_a_server_that_is_to_end_does_and_keeps_what_came_last(project: Project) -> None:
    with ExitStack() as streams, project.served(PUSHING) as port:
        stream = streams.enter_context(Pushed(port, Visitor(port).sign_in("staff").cookie))
        stream.next()
        for i in range(20):
            Visitor(port).get(f"/shop/{i}/")
    with project.served(PUSHING) as port:
        rows = Visitor(port).sign_in("staff").rows()
    assert len([row for row in rows if row["path"].startswith("/shop/")]) == 20
