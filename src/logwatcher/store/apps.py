"""The store as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StoreConfig(AppConfig):
    """The tables; after a migration the head row is there."""

    name = "logwatcher.store"
    label = "logwatcher"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(create_head, sender=self)


def create_head(using: str, **_: Any) -> None:  # Any: the signal's own arguments
    """Give a new database its identity and revision 0."""
    from logwatcher.store.models import Head

    Head.objects.using(using).get_or_create(pk=1)
