"""The API and its description agree, whatever is sent: schemathesis makes up the requests."""

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckFunction
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from logwatcher.core.event import Batch
from logwatcher.receiver import PROTOCOLS
from logwatcher.store import writer
from logwatcher.store.models import Head
from logwatcher.web import api
from tests.factories import events

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])

schema = schemathesis.openapi.from_path(api.OPENAPI)
schema.app = get_wsgi_application()
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

TOGETHER = ("from", "to", "step")
"""Whether these can be used depends on each other and the range, which OpenAPI can't say."""


@pytest.fixture(autouse=True)
def requests(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)
    writer.write([Batch("web", events(30))])


@schema.exclude(path=["/api/live", *PROTOCOLS]).parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: "schemathesis.Case[Any]") -> None:  # Any: its own
    response = case.call()
    excluded: list[CheckFunction] = []
    if response.status_code == 400 and response.json().get("parameter") in TOGETHER:
        excluded.append(positive_data_acceptance)
    case.validate_response(response, excluded_checks=excluded)
