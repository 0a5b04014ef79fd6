"""A trace is told apart into scripting, layout and painting, per frame."""

from typing import Any

import pytest

from benchmarks.trace import Cost, Event, costs

MAIN, OTHER = 1, 2
S = 1_000_000


def event(name: str, at: int, took: int, thread: int = MAIN, **more: Any) -> Event:
    """A complete event; ``took`` µs, all of them by the processor unless ``tdur`` says less."""
    return {"name": name, "ph": "X", "ts": at, "dur": took, "pid": 1, "tid": thread, **more}


def frame(at: int, took: int = 1000) -> Event:
    return event("EventDispatch", at, took, args={"data": {"type": "frame"}})


def page(*events: Event) -> list[Event]:
    """A trace of two seconds."""
    name = {"name": "thread_name", "ph": "M", "pid": 1, "tid": MAIN}
    main = {**name, "args": {"name": "CrRendererMain"}}
    return [main, event("RunTask", 0, 0), *events, event("RunTask", 2 * S, 0)]


def test_a_layout_that_a_script_forces_is_not_scripting() -> None:
    first, _ = costs(page(event("FunctionCall", 100, 5000), event("Layout", 200, 2000)))
    assert first == Cost(script_ms=3, layout_ms=2, paint_ms=0)


def test_what_has_no_kind_of_its_own_is_of_the_kind_around_it() -> None:
    inner = [event("FunctionCall", 100, 5000), event("ParseHTML", 200, 1000)]
    alone = [event("ParseHTML", 9000, 1000), event("Paint", 20_000, 4000)]
    assert costs(page(*inner, *alone))[0] == Cost(script_ms=5, layout_ms=0, paint_ms=4)


def test_processor_time_counts_rather_than_time() -> None:
    assert costs(page(event("TimerFire", 100, 9000, tdur=1000)))[0].script_ms == 1


def test_other_threads_do_not_count() -> None:
    assert costs(page(event("FunctionCall", 100, 5000, OTHER)))[0].script_ms == 0


def test_a_frame_has_all_that_follows_until_the_next() -> None:
    work = [
        frame(S // 2),
        event("TimerFire", S // 2 + 10_000, 2000),
        frame(S // 2 + 100_000),  # too soon to be one of its own
        frame(3 * S // 2),
    ]
    spent = costs(page(*work))
    assert [cost.script_ms for cost in spent] == [0, 4, 1]


def test_without_frames_each_second_counts() -> None:
    late = [event("TimerFire", S + 10, 3000), event("RunTask", 3 * S, 0)]
    assert [cost.script_ms for cost in costs(page(*late))] == [0, 3, 0]


def test_a_trace_without_a_page_is_refused() -> None:
    with pytest.raises(ValueError, match="no page"):
        costs([event("RunTask", 0, 1)])
