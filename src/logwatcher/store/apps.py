"""The store as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate

from logwatcher.middleware.sender import Destination


class StoreConfig(AppConfig):
    """The tables; after a migration the rows are there of which there is one."""

    name = "logwatcher.store"
    label = "logwatcher"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(create_rows, sender=self)

    def destination(self) -> Destination:
        """Where the middleware of the project puts its records, unless it is told another place."""
        from logwatcher.store.recorder import Recorder

        urls: object = settings.ROOT_URLCONF
        project = urls.partition(".")[0] if isinstance(urls, str) else "django"
        return Recorder(getattr(settings, "LOGWATCHER", {}).get("SOURCE", project))


def create_rows(using: str, **_: Any) -> None:  # Any: the signal's own arguments
    """Give the store's new database its identity, revision 0 and a seed for its mock traffic."""
    from django.db import DEFAULT_DB_ALIAS, connections, router

    from logwatcher.store import database, exclusive, traffic
    from logwatcher.store.models import Head, Traffic

    if not router.allow_migrate_model(using, Head):
        return
    is_own = using != DEFAULT_DB_ALIAS or database.READER != database.WRITER
    if is_own and connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            cursor.execute(exclusive.WAL)
    Head.objects.using(using).get_or_create(pk=1)
    Traffic.objects.using(using).bulk_create([traffic.initial()], ignore_conflicts=True)
