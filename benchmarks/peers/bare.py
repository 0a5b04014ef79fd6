"""An endpoint that only decodes what it gets: python bare.py PORT."""

import json
import sys
from typing import Any

import uvicorn


async def app(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI's own
    """Answers as ``POST /api/events`` does, and OpenTelemetry's exports with nothing."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body")
    is_events = scope["path"] == "/api/events"
    data = json.dumps({"accepted": len(json.loads(body)), "rejected": []}) if is_events else ""
    status = 202 if is_events else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": data.encode()})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off")
