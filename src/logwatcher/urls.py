"""Every address; a server of its own answers the stream's and the receiver's before, in ``asgi``.

``include`` them below any prefix that ends in a slash; the page finds them by relative addresses.
"""

from django.urls import path

from logwatcher.web import access, api, bundle, page, poll, setting

app_name = "logwatcher"
urlpatterns = [
    path("", page.page, name="page"),
    path("requests/<int:request_id>", page.request_detail),
    path("static/logwatcher/<name>", bundle.asset, name=access.OPEN),
    path("traffic", page.change_traffic),
    path("settings", setting.page),
    path("settings/sources", setting.sources),
    path("settings/data", setting.data),
    path("api/live", poll.live),
    path("api/series", api.series),
    path("api/summary", api.summary),
    path("api/endpoints", api.endpoints),
    path("api/requests", api.requests),
    path("api/requests/<int:request_id>", api.request),
    path("api/sources", api.sources),
    path("api/data", api.data),
    path("api/traffic", api.traffic),
    path("api/openapi.json", api.openapi),
]
for pattern in urlpatterns:
    access.guarded(pattern)
