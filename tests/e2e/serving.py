"""Applications of real frameworks, on uvicorn, for the tests of the templates."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn


@contextlib.contextmanager
def serving(application: Any) -> Iterator[str]:
    """Serve an ASGI application as long as the block lasts, and yield its host and port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        web = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off"))
        thread = threading.Thread(target=lambda: asyncio.run(web.serve([listener])), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        web.should_exit = True
        thread.join(10)
