"""The settings page: where requests come from, how well they are read, and who may send some."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from logwatcher.core.event import MAX_SOURCE
from logwatcher.core.text import clean
from logwatcher.store import reader, token
from logwatcher.web import source

Context = dict[str, Any]  # Any: what templates read


class TokenForm(forms.Form):
    """For whom a token is to be made."""

    source = forms.CharField(max_length=MAX_SOURCE, error_messages={"required": "Name a source."})
    name = forms.CharField(max_length=MAX_SOURCE, required=False)

    def clean_source(self) -> str:
        return _printable(self.cleaned_data["source"])

    def clean_name(self) -> str:
        return _printable(self.cleaned_data["name"])


def _printable(text: str) -> str:
    if text != clean(text, MAX_SOURCE):
        raise forms.ValidationError("Use printable characters only.")
    return text


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return render(request, "logwatcher/settings.html", {**_sources(), **_tokens(TokenForm())})


@require_safe
@never_cache
def sources(request: HttpRequest) -> HttpResponse:
    """The card of the sources, which the page asks for again and again."""
    return render(request, "logwatcher/cards/sources.html", _sources())


@require_POST
@never_cache
def create_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, this once; a form that is wrong comes back with the reasons."""
    form = TokenForm(request.POST)
    made = None
    if form.is_valid():
        source_name = form.cleaned_data["source"]
        _, text = token.create(source_name, form.cleaned_data["name"])
        made = {"text": text, "source": source_name, "url": request.build_absolute_uri("/")}
        form = TokenForm()
    return _answer(request, {**_tokens(form), "made": made})


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token; one that is gone already is no error."""
    token.revoke(token_id)
    if request.headers.get("HX-Request") != "true":
        return redirect("/settings#tokens")
    return _answer(request, _tokens(TokenForm()))


def _answer(request: HttpRequest, context: Context) -> HttpResponse:
    """For HTMX the card of the tokens, else the whole page."""
    if request.headers.get("HX-Request") == "true":
        return render(request, "logwatcher/cards/tokens.html", context)
    return render(request, "logwatcher/settings.html", {**_sources(), **context})


def _sources() -> Context:
    with reader.snapshot():
        return source.table()


def _tokens(form: TokenForm) -> Context:
    rows = [
        {
            "id": row.pk,
            "source": row.source,
            "name": row.name,
            "created": source.iso(row.created_us),
        }
        for row in token.rows()
    ]
    return {"tokens": rows, "form": form}
