"""Reading the reference documents of environments."""

import re
from typing import Any

from django.db.models import Q
from pydantic import BaseModel, Field

from optimizer.models import Document
from xoptweb.actors import Actor
from xoptweb.errors import NotFound
from xoptweb.tools.registry import tool

EXCERPT = 300  # characters around the first word that was found
PART = 8000
TITLE_COUNTS = 5


class ListDocuments(BaseModel):
    """Documents of one environment, or of all."""

    environment: str = Field("", description="Short name (slug) of an environment.", max_length=50)


@tool("list_documents", "List the reference documents with their lengths.", "view_machine")
def list_documents(arguments: ListDocuments, *, by: Actor) -> list[dict[str, Any]]:
    found = Document.objects.select_related("environment").order_by("environment", "id")
    if arguments.environment:
        found = found.filter(environment__slug=arguments.environment)
    return [_head(each) for each in found[:200]]


class ReadDocument(BaseModel):
    """A part of one document."""

    document: int = Field(description="Its id.", ge=1)
    offset: int = Field(0, ge=0, description="Characters to leave out from the beginning.")
    characters: int = Field(PART, ge=1, le=2 * PART)


@tool("read_document", "Read a reference document, or the part of it after `offset`.", "view_machine")
def read_document(arguments: ReadDocument, *, by: Actor) -> dict[str, Any]:
    found = Document.objects.select_related("environment").filter(pk=arguments.document).first()
    if found is None:
        raise NotFound(f"There is no document {arguments.document}.", code="no_such_document")
    end = arguments.offset + arguments.characters
    more = end if end < len(found.text) else None
    return {**_head(found), "text": found.text[arguments.offset : end], "next_offset": more}


class SearchDocuments(BaseModel):
    """Words that a document should hold; those with more of them come first."""

    words: str = Field(min_length=1, max_length=200)
    environment: str = Field("", description="Short name (slug) of an environment.", max_length=50)
    limit: int = Field(8, ge=1, le=20)


@tool("search_documents", "Search the reference documents; each hit with the passage around it.", "view_machine")
def search_documents(arguments: SearchDocuments, *, by: Actor) -> list[dict[str, Any]]:
    words = [word for word in re.findall(r"\w+", arguments.words.casefold()) if len(word) > 1]
    found = Document.objects.select_related("environment")
    if arguments.environment:
        found = found.filter(environment__slug=arguments.environment)
    either = Q()
    for word in words:
        either |= Q(title__icontains=word) | Q(text__icontains=word)
    scored = [(_score(each, words), each) for each in found.filter(either)] if words else []
    scored.sort(key=lambda one: (-one[0], one[1].pk))
    return [_head(each) | _passage(each.text, words) for _, each in scored[: arguments.limit]]


def _head(document: Document) -> dict[str, Any]:
    return {
        "id": document.pk,
        "title": document.title,
        "environment": document.environment.slug,
        "characters": len(document.text),
        "link": f"/environments/{document.environment.slug}/#document-{document.pk}",  # workers know no addresses
    }


def _score(document: Document, words: list[str]) -> float:
    """Each word counts, once it is there, and a little more the more often it is."""
    title, text = document.title.casefold(), document.text.casefold()
    found = [(word in title) * TITLE_COUNTS + min(text.count(word), 10) / 10 + (word in text) for word in words]
    return float(sum(found))


def _passage(text: str, words: list[str]) -> dict[str, Any]:
    lowered = text.casefold()
    places = [at for word in words if (at := lowered.find(word)) >= 0]
    begin = max(0, min(places, default=0) - EXCERPT // 3)
    return {"offset": begin, "passage": text[begin : begin + EXCERPT]}
