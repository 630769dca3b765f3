"""Servers that tests bring along, in a thread."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator

from websockets.sync.server import Server


@contextlib.contextmanager
def listening(server: socketserver.BaseServer | Server) -> Iterator[None]:
    """Serve in a thread as long as the block lasts."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        if isinstance(server, socketserver.BaseServer):
            server.server_close()
