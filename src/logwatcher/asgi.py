"""The ASGI application: what is hot in front of Django, and the lifespan that Django lacks."""

from collections.abc import Awaitable, Callable

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.http.request import split_domain_port, validate_host

from logwatcher.monitor import probe
from logwatcher.receiver import PROTOCOLS, body, respond
from logwatcher.receiver.protocol import Answer, Refusal
from logwatcher.runtime import Runtime
from logwatcher.stream.hub import Message, Send
from logwatcher.stream.live import Live, Receive
from logwatcher.web.guard import LIVE, METRICS

MAX_FORM = 64 * 1024
"""More bytes than any form of ours has."""

Application = Callable[[Message, Receive, Send], Awaitable[None]]


def application(runtime: Runtime) -> Application:
    """What Uvicorn serves, for the work that ``runtime`` does meanwhile."""
    django, live = get_asgi_application(), Live(runtime.hub, runtime.gate)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await runtime.lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] == LIVE and _is_host_allowed(scope):
            await live(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in PROTOCOLS:
            await runtime.receiver(scope, receive, send)  # its token is worth more than a host
        elif scope["type"] == "http" and scope["path"] in probe.PATHS:
            await runtime.probe(scope, send)  # whoever checks knows an address, not the name
        elif scope["type"] == "http" and scope["path"] == METRICS and _is_host_allowed(scope):
            await runtime.metrics(scope, send)
        elif scope["type"] == "http":
            await _with_form(django, scope, receive, send)

    return app


async def _with_form(django: ASGIHandler, scope: Message, receive: Receive, send: Send) -> None:
    """Django would write any body to disk before it looks at whose it is."""
    try:
        form = await body.read(receive, MAX_FORM)
    except Refusal as refusal:
        text = f"{refusal.error}\n".encode()
        await respond(send, Answer(refusal.status, b"text/plain; charset=utf-8", text))
        return
    messages = iter([{"type": "http.request", "body": form, "more_body": False}])

    async def receive_again() -> Message:
        return next(messages, None) or await receive()

    await django(dict(scope), receive_again, send)


def _is_host_allowed(scope: Message) -> bool:
    """Django's own check, which the stream doesn't pass through; Django answers where it fails."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
