"""The addresses of a server of its own: the page's stand at the root."""

from django.urls import include, path

from logwatcher.web import page

urlpatterns = [path("", include("logwatcher.urls"))]
handler400 = page.bad_request
handler404 = page.not_found
handler500 = page.broken
