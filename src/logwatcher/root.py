"""The addresses of a server of its own: the page's stand at the root, and it has users."""

from django.urls import include, path

from logwatcher.web import access, account, page, user

urlpatterns = [
    path("login", account.login),
    path("logout", account.logout),
    path("password", account.password),
    access.guarded(path("settings/users", user.page)),
    path("", include("logwatcher.urls")),
]
handler400 = page.bad_request
handler404 = page.not_found
handler500 = page.broken
