"""The store as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StoreConfig(AppConfig):
    """The tables; after a migration the rows are there of which there is one."""

    name = "logwatcher.store"
    label = "logwatcher"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(create_rows, sender=self)


def create_rows(using: str, **_: Any) -> None:  # Any: the signal's own arguments
    """Give the store's new database its identity, revision 0 and a seed for its mock traffic."""
    from django.db import router

    from logwatcher.store import traffic
    from logwatcher.store.models import Head, Traffic

    if not router.allow_migrate_model(using, Head):
        return
    Head.objects.using(using).get_or_create(pk=1)
    Traffic.objects.using(using).bulk_create([traffic.initial()], ignore_conflicts=True)
