"""A real server that takes requests, with some who send them until they are acknowledged."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.sending import Senders, Source, create_token
from tests.server import Server

SendTo = Callable[[Server], Senders]


@pytest.fixture
def send_to() -> Iterator[SendTo]:
    """Starts senders; at the end of the test they end, whatever it found."""
    with ExitStack() as all_:

        def start(server: Server) -> Senders:
            senders = Senders(Source(server, create_token(server, "shop")))
            all_.callback(senders.give_up)
            return senders

        yield start
