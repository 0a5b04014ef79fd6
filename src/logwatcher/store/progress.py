"""What has been imported so far, found by a file's content."""

from hashlib import blake2b

from logwatcher.store.models import FilePosition, Import
from logwatcher.store.writer import Progress

_FOLLOWED_HEAD = 256


def find(head: bytes) -> list[Progress]:
    """Of the files that begin as this one, from the one that was read least.

    Args:
        head: the first bytes, as many as ``sources.archive.HEAD`` or the whole file.
    """
    sizes = Import.objects.filter(head_size__lte=len(head)).values_list("head_size", flat=True)
    heads = [_digest(head[:size]) for size in sizes.distinct()]
    rows = Import.objects.filter(head__in=heads).order_by("offset")
    found = [Progress(*row) for row in rows.values_list(*Progress._fields)]
    return [row._replace(head=bytes(row.head), tail=bytes(row.tail)) for row in found]


def is_followed(head: bytes) -> bool:
    """Whether ``logwatcher watch`` has read the file that begins so, and goes on with it."""
    positions = FilePosition.objects.exclude(offset=0).values_list("offset", "fingerprint")
    return any(
        bytes(fingerprint) == _digest(head[: min(offset, _FOLLOWED_HEAD)])
        for offset, fingerprint in positions
    )


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
