"""What a project puts into ``INSTALLED_APPS``: ``"logwatcher"``."""

from logwatcher.store.apps import StoreConfig


class LogwatcherConfig(StoreConfig):
    """The store, whose page the project shows by ``include("logwatcher.urls")``."""

    default = True

    def ready(self) -> None:
        """Check the settings with the project's own, and make the store's rows."""
        super().ready()
        from logwatcher import checks  # noqa: F401  # registers them
