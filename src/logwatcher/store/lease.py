"""A job that only one process may do: held for some seconds, renewed, taken over when it ends."""

import time
from collections.abc import Callable

from logwatcher.store.database import atomic, lock
from logwatcher.store.models import Lease

TERM_US = 8_000_000
"""A holder that died is replaced after this."""


def acquire(name: str, holder: str, clock: Callable[[], int] = time.time_ns) -> bool:
    """Take or renew the lease for ``TERM_US``; False while another one holds it."""
    with atomic():
        lock()
        now_us = clock() // 1000  # the lock may have taken longer than a term
        lease = Lease.objects.filter(pk=name).first()
        if lease and lease.holder != holder and is_held(lease, now_us):
            return False
        Lease(name=name, holder=holder, expires_us=now_us + TERM_US).save()
        return True


def is_held(lease: Lease, now_us: int) -> bool:
    """Whether its term has not ended.

    A lease that ends further ahead than two terms was given by a clock since set back.
    One term would not do: of two who ask at once, the one who read its clock first may
    be the second to get the lock, and clocks of two machines differ.
    """
    return now_us < lease.expires_us <= now_us + 2 * TERM_US


def release(name: str, holder: str) -> None:
    """Give it back, if it is ours."""
    Lease.objects.filter(name=name, holder=holder).delete()
