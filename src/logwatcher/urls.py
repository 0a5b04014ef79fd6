"""Every address but the stream's, which ``asgi`` answers."""

from django.urls import path

from logwatcher.web import api, bundle, page, setting

urlpatterns = [
    path("", page.page),
    path("requests/<int:request_id>", page.request_detail),
    path("static/logwatcher/<name>", bundle.asset),
    path("traffic", page.change_traffic),
    path("settings", setting.page),
    path("settings/sources", setting.sources),
    path("settings/tokens", setting.create_token),
    path("settings/tokens/<int:token_id>/revoke", setting.revoke_token),
    path("api/series", api.series),
    path("api/summary", api.summary),
    path("api/endpoints", api.endpoints),
    path("api/requests", api.requests),
    path("api/requests/<int:request_id>", api.request),
    path("api/sources", api.sources),
    path("api/traffic", api.traffic),
    path("api/openapi.json", api.openapi),
]
handler400 = page.bad_request
handler404 = page.not_found
handler500 = page.broken
