"""A batch with a key is committed once, whoever sends it again, and however soon."""

import time

import pytest

from logwatcher.core.event import Batch
from logwatcher.store import writer
from logwatcher.store.models import Head, Receipt, Request
from tests.factories import event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def batch(key: str, n: int = 1) -> Batch:
    return Batch("shop", [event()] * n, key=key)


def test_a_repeated_batch_is_left_out_and_the_others_are_not() -> None:
    writer.write([batch("1:a"), batch("1:b")])
    writer.write([batch("1:b"), batch("1:c"), batch(""), batch("")])
    assert Request.objects.count() == 5
    assert Receipt.objects.count() == 3


def test_one_repeated_in_the_same_commit_counts_once() -> None:
    writer.write([batch("1:a", 3), batch("1:a", 3), batch("2:a")])
    assert Request.objects.count() == 4


def test_nothing_but_repeated_ones_is_nothing() -> None:
    writer.write([batch("1:a")])
    writer.write([batch("1:a")])
    assert Request.objects.count() == 1


def test_keys_are_forgotten_after_a_day() -> None:
    writer.write([batch("1:a")])
    assert abs(Receipt.objects.get().time_us - time.time_ns() / 1000) < 60e6
    Receipt.objects.update(time_us=time.time_ns() // 1000 - writer.KEPT_KEYS_US - 1)
    writer.write([batch("1:b")])
    assert [receipt.key for receipt in Receipt.objects.all()] == ["1:b"]


def test_a_commit_that_fails_keeps_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as context:
        context.setattr(writer, "commit_revision", fail)
        with pytest.raises(ZeroDivisionError):
            writer.write([batch("1:a")])
    writer.write([batch("1:a")])
    assert Request.objects.count() == 1
