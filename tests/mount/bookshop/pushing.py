"""As ``asgi``, for many viewers; a linter puts the imports into this order."""

import os

from django.core.asgi import get_asgi_application

from logwatcher.push import push

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.mount.bookshop.settings")
application = push(get_asgi_application())
