"""The simulator as a child process, for the demo, the proof and the tests."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import subprocess
import sys
import tempfile
import threading
from typing import IO, TYPE_CHECKING, Final

from jmxgen.errors import JmxgenError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_LISTENING: Final = re.compile(r"listening on (wss?://\S+:(\d+)/\S*)")
_METRICS: Final = re.compile(r"metrics on (http://\S+)")


class SimulatorError(JmxgenError):
    """The simulator did not start, or did not stop cleanly."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A simulator that listens."""

    url: str  # with the path of its protocol
    port: int
    pid: int
    metrics_url: str | None = None

    def url_for(self, path: str) -> str:
        """Return the address of another path (with its query) of the same server."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}/{path.lstrip('/')}"


@contextlib.contextmanager
def simulation(
    *,
    faults: Sequence[str] = (),
    truth: Path | None = None,
    metrics: Path | None = None,
    options: Sequence[str] = (),
    start_timeout: float = 60,
    stop_timeout: float = 20,
) -> Iterator[Server]:
    """Run `jmxgen simulate` on a free port as long as the block lasts; its files are complete afterwards.

    Args:
        faults: texts as of `--fault`.
        truth: the truth log to write.
        metrics: the metrics series to write.
        options: more words for the command line.
        start_timeout: seconds until it must listen.
        stop_timeout: seconds that SIGTERM may take until it is killed.

    Raises:
        SimulatorError: it did not start, died in the block, or had to be killed; with what it said last.
    """
    command = [sys.executable, "-m", "jmxgen", "simulate", "--port", "0", *options]
    command += [word for fault in faults for word in ("--fault", fault)]
    command += ["--truth", str(truth)] if truth else []
    command += ["--metrics", str(metrics)] if metrics else []
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        stopped_well = True
        try:
            yield _await_listening(process, errors, start_timeout, "--prometheus" in options)
            died = process.poll()
        finally:
            stopped_well = _stop(process, stop_timeout)
        if died is not None:
            raise SimulatorError(f"the simulator died with status {died}", hint=_last_words(errors))
        if not stopped_well:
            raise SimulatorError(
                f"the simulator did not stop within {stop_timeout:g} s", hint=_last_words(errors)
            )


def _await_listening(
    process: subprocess.Popen[str], errors: IO[str], timeout: float, metrics: bool
) -> Server:
    lines: list[str] = []

    def read() -> None:
        assert process.stdout is not None
        lines.extend(process.stdout.readline() for _ in range(1 + metrics))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout)
    said = "".join(lines)
    found = _LISTENING.search(said)
    if not found:
        process.kill()
        reader.join()
        why = "did not listen in time" if process.poll() is None and not said else "did not start"
        raise SimulatorError(f"the simulator {why}", hint=_last_words(errors))
    metrics_found = _METRICS.search(said)
    return Server(
        url=found[1],
        port=int(found[2]),
        pid=process.pid,
        metrics_url=metrics_found[1] if metrics_found else None,
    )


def _stop(process: subprocess.Popen[str], timeout: float) -> bool:
    """Stop the child and return whether it went by itself."""
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def _last_words(errors: IO[str]) -> str:
    errors.seek(0)
    lines = [line for line in errors.read().splitlines() if line.strip()]
    return one_line(" / ".join(lines[-3:])) or "it said nothing"
