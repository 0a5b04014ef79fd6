"""The workers of one server, which ask each other for their figures when somebody wants all."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from logwatcher.core.metric import Figures, Metric, Sample

TIMEOUT_S = 1.0
"""Who takes longer to say its figures counts as one that is away."""

log = logging.getLogger(__name__)


class Peers:
    """This worker and the others: each listens on a socket that only they can reach."""

    def __init__(
        self, number: int, sockets: Mapping[int, Path], own: Callable[[], Figures]
    ) -> None:
        """``sockets`` has those of all, by number; none: this one is alone."""
        self._number = number
        self._sockets = sockets
        self._own = own
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Answer the others from now on."""
        if not self._sockets:
            return
        try:
            path = self._sockets[self._number]
            self._server = await asyncio.start_unix_server(self._tell, path)
        except OSError as error:
            log.warning("/metrics of other workers will be without this one's figures: %s", error)

    def close(self) -> None:
        """Answer no more."""
        if self._server:
            self._server.close()

    async def figures(self) -> Mapping[str, Figures | None]:
        """By number; None: it doesn't answer."""
        numbers = sorted({self._number, *self._sockets})
        all_ = await asyncio.gather(*map(self._of, numbers))
        return {str(number): of for number, of in zip(numbers, all_, strict=True)}

    async def _of(self, number: int) -> Figures | None:
        if number == self._number:
            return self._own()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reader, writer = await asyncio.open_unix_connection(self._sockets[number])
                with closing(writer):
                    return _decode(await reader.read())
        except (OSError, TimeoutError, ValueError) as error:
            log.debug("worker %s doesn't say its figures: %s", number, error)
            return None

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            writer.write(json.dumps(self._own()).encode())


def _decode(text: bytes) -> Figures:
    """Raises ValueError: the other one is of a version that says them in another way."""
    try:
        return [
            Metric(name, type_, help_, [Sample(*sample) for sample in samples])
            for name, type_, help_, samples in json.loads(text)
        ]
    except TypeError as error:
        raise ValueError(str(error)) from None
