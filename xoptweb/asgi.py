"""What daphne serves: pages and API over HTTP, tools for agents outside, live events over a websocket."""

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xoptweb.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

site = get_asgi_application()

import xoptweb.urls  # noqa: F401 - now, and not when the first page is asked for
from xoptweb.discovery import discover_all
from xoptweb.live.consumers import LiveConsumer  # needs the apps that the line above loads
from xoptweb.mcp.door import door

paths: Any = [re_path(r"^mcp/?$", door), re_path("", site)]  # type: ignore[arg-type]  # ASGI, as channels wants it
http = URLRouter(paths)

# The consumer itself finds out who connects and from which origin: it asks again while the connection lasts.
websockets = URLRouter([path("ws/live/", LiveConsumer.as_asgi()), re_path("", WebsocketDenier.as_asgi())])

discover_all()  # likewise

application = ProtocolTypeRouter({"http": http, "websocket": websockets})

gc.freeze()  # what is loaded stays: looking through it again and again would hold up a page by a tenth of a second
