"""The settings page: where requests come from, what is kept of them, and who may send some."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from logwatcher.core.event import MAX_SOURCE
from logwatcher.core.text import clean
from logwatcher.store import reader, token
from logwatcher.store.reader import MAX_ID
from logwatcher.web import audit, source
from logwatcher.web import data as stored
from logwatcher.web.page import is_htmx, problem
from logwatcher.web.template import render

Context = dict[str, Any]  # Any: what templates read


class TokenForm(forms.Form):
    """For whom a token is to be made."""

    scope = forms.ChoiceField(
        choices=[(name, name) for name in token.SCOPES], required=False, initial=token.WRITE
    )
    source = forms.CharField(max_length=MAX_SOURCE, required=False)
    name = forms.CharField(max_length=MAX_SOURCE, required=False)

    def clean_scope(self) -> str:
        return self.cleaned_data["scope"] or token.WRITE

    def clean_source(self) -> str:
        """Of a token that reads there is none."""
        if self.cleaned_data.get("scope") == token.READ:
            return ""
        if not self.cleaned_data["source"]:
            raise forms.ValidationError("Name a source.")
        return _printable(self.cleaned_data["source"])

    def clean_name(self) -> str:
        return _printable(self.cleaned_data["name"])


def _printable(text: str) -> str:
    if text != clean(text, MAX_SOURCE):
        raise forms.ValidationError("Use printable characters only.")
    return text


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; a POST makes or revokes a token, and is answered in part for HTMX."""
    can_receive = getattr(settings, "HAS_RECEIVER", False)
    if request.method == "POST" and not can_receive:
        text = "This project records its own; start `logwatcher serve` for others."
        return problem(request, 404, "Nobody can send requests here", text)
    tokens = _change_tokens(request) if request.method == "POST" else _tokens()
    if is_htmx(request):
        return render(request, "logwatcher/cards/tokens.html", tokens)
    context = {**_sources(), **stored.table(), **tokens, "can_receive": can_receive}
    return render(request, "logwatcher/settings.html", context)


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """The card of the sources, which the page asks for again and again."""
    return render(request, "logwatcher/cards/sources.html", _sources())


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """The card of what is kept, likewise."""
    return render(request, "logwatcher/cards/data.html", stored.table())


def _change_tokens(request: HttpRequest) -> Context:
    """Make a token, to be shown this once, or revoke one; one that is gone already is no error."""
    revoked = request.POST.get("revoke", "")
    if revoked.isascii() and revoked.isdecimal():
        token_id = min(int(revoked[:20]), MAX_ID)  # more digits are no token's
        token.revoke(token_id)
        audit.log(request, f"revoked token {token_id}")
        return _tokens()
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _tokens(form)
    source_name, scope = form.cleaned_data["source"], form.cleaned_data["scope"]
    token_id, text = token.create(source_name, form.cleaned_data["name"], scope)
    audit.log(request, f"made token {token_id}, to {scope}, of %s", source_name)
    url = request.build_absolute_uri("api/events" if source_name else "api/summary")
    return {**_tokens(), "made": {"text": text, "source": source_name, "url": url}}


def _sources() -> Context:
    with reader.snapshot():
        return source.table()


def _tokens(form: TokenForm | None = None) -> Context:
    rows = [
        {
            "id": row.pk,
            "source": row.source,
            "name": row.name,
            "created": source.iso(row.created_us),
        }
        for row in token.rows()
    ]
    return {"tokens": rows, "form": form or TokenForm()}
