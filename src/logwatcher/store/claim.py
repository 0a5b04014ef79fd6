"""Which process follows a log; what another one has read of it is not committed.

Of those on one machine the newest follows it, so that a restart waits for nobody. Another machine
waits until that one has ended, since its log of the same name may be another log.
"""

import secrets
import time
from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import NamedTuple

from logwatcher.core.event import Batch
from logwatcher.store.database import atomic, lock
from logwatcher.store.lease import TERM_US, is_held
from logwatcher.store.models import Lease

RENEW_S = 2.0
"""How often they are renewed."""


class Claim(NamedTuple):
    """Who follows a log.

    Attributes:
        holder: the process, since it follows this log: its machine and a number.
        is_ours: whether that is this process.
    """

    holder: str
    is_ours: bool

    @property
    def machine(self) -> str:
        """Its name."""
        return self.holder.partition(" ")[0]


class Claims:
    """Those of one process; for one thread."""

    def __init__(self, machine: str) -> None:
        self._machine = machine.replace(" ", "-")[:15]
        self._ours: dict[str, str] = {}
        self._asked: set[str] = set()

    def renew(self, inputs: Collection[str]) -> dict[str, Claim]:
        """Take these logs, or go on with them, where no one else follows them.

        A log that is asked for the first time is taken from whoever follows it on this machine.
        """
        with atomic():
            lock()
            now_us = time.time_ns() // 1000  # the lock may have taken longer than a term
            leases = Lease.objects.in_bulk([_name(of) for of in inputs])
            claims = {of: self._claim(of, leases.get(_name(of)), now_us) for of in inputs}
            ours = {of: claim.holder for of, claim in claims.items() if claim.is_ours}
            Lease.objects.bulk_create(
                [Lease(_name(of), holder, now_us + TERM_US) for of, holder in ours.items()],
                update_conflicts=True,
                unique_fields=["name"],
                update_fields=["holder", "expires_us"],
            )
        self._ours = ours
        self._asked.update(inputs)
        return claims

    def end(self) -> None:
        """Let others follow them. Ours they stay until another takes them: what was read counts."""
        mine = Lease.objects.filter(name__in=map(_name, self._ours), holder__in=self._ours.values())
        mine.update(expires_us=0)

    def _claim(self, of: str, lease: Lease | None, now_us: int) -> Claim:
        if lease and lease.holder == self._ours.get(of):
            return Claim(lease.holder, is_ours=True)
        if lease and is_held(lease, now_us):
            other = Claim(lease.holder, is_ours=False)
            if of in self._asked or other.machine != self._machine:
                return other
        return Claim(f"{self._machine} {secrets.token_hex(8)}", is_ours=True)


def allowed(batches: Sequence[Batch]) -> Sequence[Batch]:
    """Those whose reader still follows what it read; call it under the writers' lock."""
    claimed = {batch.input for batch in batches if batch.holder}
    if not claimed:
        return batches
    leases = Lease.objects.in_bulk([_name(of) for of in claimed])
    holders = {name: lease.holder for name, lease in leases.items()}
    return [
        batch
        for batch in batches
        if not batch.holder or holders.get(_name(batch.input)) == batch.holder
    ]


def _name(of: str) -> str:
    return "log " + blake2b(of.encode(), digest_size=14).hexdigest()
