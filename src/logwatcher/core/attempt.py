"""How often somebody may try: some times at once, then once in a while, counted by keys."""


class Attempts:
    """Counts attempts under keys, such as an address or a name, within a bounded memory."""

    def __init__(self, burst: int, every_s: float, most: int = 10_000) -> None:
        """``burst`` at once, another one each ``every_s`` seconds; at most ``most`` keys."""
        self._burst_s = burst * every_s
        self._every_s = every_s
        self._most = most
        self._forgotten_at: dict[str, float] = {}

    def wait_s(self, key: str, now: float) -> float:
        """How long until one more may be made under this key; 0: now. ``now`` in seconds."""
        at = self._forgotten_at.get(key, now)
        return max(at + self._every_s - self._burst_s - now, 0.0)

    def count(self, key: str, now: float) -> None:
        """One was made."""
        at = self._forgotten_at.pop(key, now)
        self._forgotten_at[key] = max(at, now) + self._every_s
        if len(self._forgotten_at) > self._most:
            self._shrink(now)

    def forget(self, key: str) -> None:
        """As if none had been made under this key."""
        self._forgotten_at.pop(key, None)

    def _shrink(self, now: float) -> None:
        """Those that are forgotten go; if all count still, the one counted longest ago."""
        counting = {key: at for key, at in self._forgotten_at.items() if at > now}
        if len(counting) > self._most:
            del counting[next(iter(counting))]
        self._forgotten_at = counting
