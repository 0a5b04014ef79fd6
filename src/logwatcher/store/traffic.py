"""The wanted state of the mock traffic: one row with a version, changed from anywhere."""

import secrets
from typing import TypedDict, Unpack

from logwatcher.store.database import WRITER, atomic, connection, lock
from logwatcher.store.models import Traffic
from logwatcher.store.writer import commit_revision

DEFAULT_RATE = 1.25
"""Events per second: one per 0.8 s."""
MIN_RATE, MAX_RATE = 0.1, 5000.0
MAX_SEED = (1 << 53) - 1
"""From 0; JSON's numbers are exact up to here."""
DEFAULT_SCENARIO = "normal"


class Changes(TypedDict, total=False):
    """The parts of the wanted state that can be changed, each by itself."""

    is_running: bool
    rate: float
    scenario: str
    seed: int
    stop_at_us: int | None


class StaleVersion(Exception):
    """Somebody else has changed the state since; holds the state as it is now."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        super().__init__(f"the state is at version {traffic.version} now")


def wanted(using: str = WRITER) -> Traffic:
    """The wanted state; stopped and at the defaults if nobody has said anything yet."""
    return Traffic.objects.using(using).filter(pk=1).first() or initial()


def change(version: int | None = None, **changes: Unpack[Changes]) -> Traffic:
    """Change only what is given, and tell every process by a new revision.

    Saying what already holds changes nothing, not even the version, so that two
    clicks at once do no harm.

    Args:
        version: if given, the version that the change was decided on.
        changes: the new values.

    Raises:
        StaleVersion: the state has another version.
    """
    with atomic(), connection.cursor() as cursor:
        lock()
        traffic = wanted()
        if version is not None and version != traffic.version:
            raise StaleVersion(traffic)
        if changes.get("is_running") and traffic.is_running:
            changes.pop("stop_at_us", None)
        if all(getattr(traffic, name) == value for name, value in changes.items()):
            return traffic
        for name, value in changes.items():
            setattr(traffic, name, value)
        traffic.version += 1
        traffic.save()
        commit_revision(cursor, [])
        return traffic


def initial() -> Traffic:
    """The state of a new database: stopped, at the defaults, with a seed of its own."""
    return Traffic(
        pk=1, rate=DEFAULT_RATE, scenario=DEFAULT_SCENARIO, seed=secrets.randbits(32), version=1
    )
