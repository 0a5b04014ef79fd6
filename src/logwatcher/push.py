"""What a project's ``asgi.py`` imports, which it may do before Django is set up."""

from collections.abc import Awaitable, Callable

Application = Callable[..., Awaitable[None]]


def push(application: Application) -> Application:
    """``application = push(get_asgi_application())``: the stream is pushed, see ``pusher``."""
    from logwatcher.pusher import Pusher

    return Pusher(application)
