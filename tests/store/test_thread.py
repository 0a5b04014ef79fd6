"""Calls of one thread keep their order, and what they take is told."""

import asyncio

import pytest
from django.db import OperationalError

from logwatcher.store.thread import StoreThread


def test_each_call_is_counted_and_its_time_too_also_when_it_fails() -> None:
    def fail() -> None:
        raise OperationalError("away")

    async def scenario() -> list[float]:
        thread = StoreThread("reader")
        assert await thread.call(str, 5) == "5"
        with pytest.raises(OperationalError):
            await thread.call(fail)
        samples = thread.samples()
        await thread.close()
        assert {sample.labels["thread"] for sample in samples} == {"reader"}
        return [sample.value for sample in samples]

    seconds, calls = asyncio.run(scenario())
    assert calls == 2
    assert seconds > 0
