"""The addresses of a project that has the page below a prefix."""

from django.urls import include, path

from logwatcher.root import handler400, handler404, handler500

urlpatterns = [path("deep/down/", include("logwatcher.urls"))]
__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]
