"""A dask cluster as the executor of an analysis over many files: one file, one task.

The workers need jmxgen and see the files under the same names: a shared folder, or URLs of fsspec.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from jmxgen.errors import ResultError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

TIMEOUT: Final = "10s"  # a scheduler that has not answered by then is not there


@contextlib.contextmanager
def connected(address: str) -> Iterator[Executor]:
    """Connect to a scheduler.

    Args:
        address: such as tcp://10.0.0.1:8786.

    Raises:
        UsageError: dask is not installed, or no scheduler answers.
        ResultError: workers died over a file.
    """
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        raise UsageError("--dask needs dask.distributed", hint="pip install 'jmxgen[dask]'") from error
    try:
        client = Client(address, timeout=TIMEOUT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(f"no dask scheduler answers at {address}", hint="tcp://HOST:PORT") from error
    with client:
        try:
            executor: Executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
            yield executor
        except KilledWorker as error:
            raise ResultError(f"dask's workers died reading: {error}", hint="out of memory?") from error
