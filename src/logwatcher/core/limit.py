"""How fast one sender may send: an allowance that grows with time up to a bound."""

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """``rate`` per second, with one second's worth saved up at most.

    What is taken is known only afterwards, so it may become a debt, which is waited out.
    """

    rate: float
    left: float
    at: float

    def wait_s(self, now: float) -> float:
        """How long until one may take again; 0: now."""
        self.left = min(self.left + max(now - self.at, 0) * self.rate, self.rate)
        self.at = now
        return max(-self.left / self.rate, 0)

    def take(self, n: int) -> None:
        """Count what was taken."""
        self.left -= n
