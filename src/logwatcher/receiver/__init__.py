"""Requests sent over HTTP, answered when they are committed: events, and OpenTelemetry's exports.

A small ASGI app in front of Django, since it is as hot as reading a file.
"""

from logwatcher.receiver.receiver import PROTOCOLS, Receiver, respond

__all__ = ["PROTOCOLS", "Receiver", "respond"]
