import os
import sys
from pathlib import Path

import pytest

from logwatcher.sources.inotify import DELETED, IGNORED, METADATA, MODIFIED, MOVED, Inotify

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")


def test_what_happens_to_a_file_is_told_together(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    inotify = Inotify()
    number = inotify.add(path)
    assert inotify.read() == {}
    path.write_text("a")
    os.truncate(path, 0)
    assert inotify.read() == {number: MODIFIED}
    moved = path.rename(tmp_path / "moved")
    moved.write_text("b")
    assert inotify.read() == {number: MOVED | MODIFIED}
    moved.unlink()
    assert inotify.read() == {number: METADATA | DELETED | IGNORED}
    inotify.close()


def test_a_file_that_is_let_go_is_told_about_no_more(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    inotify = Inotify()
    number = inotify.add(path)
    inotify.remove(number)
    path.write_text("a")
    assert inotify.read() == {number: IGNORED}
    with pytest.raises(OSError, match="Invalid argument"):
        inotify.remove(number)
    inotify.close()


def test_what_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inotify = Inotify()
    with pytest.raises(FileNotFoundError):
        inotify.add(tmp_path / "log")
    inotify.close()
    with pytest.raises(OSError, match="closed"):
        inotify.add(tmp_path)
    inotify.remove(1)
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(OSError, match="only Linux"):
        Inotify()
