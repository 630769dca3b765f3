"""Put a JMeter home together from the jars that the project names, each checked against its SHA-256 sum.

jgo is the downloader: it knows Maven's repositories. It resolves nothing here (see `manifest`).
What is verified is kept, so that an interrupted install goes on where it stopped; the home appears whole or
not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jmxgen.errors import JMeterError
from jmxgen.jmeter import home, manifest
from jmxgen.jmeter.lock import locked
from jmxgen.jmeter.versions import JMETER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Progress = Callable[[int, int], None]  # bytes done, bytes in all

PARALLEL: Final = 8
ATTEMPTS: Final = 2  # a jar that fails twice will not heal by itself
RETRY_S: Final = 0.5
TIMEOUT_S: Final = 30


def install(
    version: str = JMETER,
    *,
    progress: Progress | None = None,
    on_wait: Callable[[], None] | None = None,
    repository: str | None = None,
) -> home.Home:
    """Install JMeter `version` with the WebSocket samplers into the user's cache folder, and return its home.

    A home that is there is checked and left alone; a damaged one is made anew.

    Args:
        version: one of `versions.SUPPORTED_JMETERS`.
        progress: called with the bytes done and in all, from several threads, one call at a time.
        on_wait: called when another install is at work and this one waits for it.
        repository: the URL of a Maven repository to use instead of Maven Central; the sums still hold.

    Raises:
        JMeterError: a jar can't be downloaded, or is not what it should be, or the folder can't be written.
    """
    jars = manifest.load(version)
    target = home.installed_path(version)
    java = home.find_java(os.environ)
    try:
        with locked(target.parent / f".{version}.lock", on_wait=on_wait):
            if not is_whole(target, version):
                files = _fetch_all(jars, home.cache_folder() / "maven", progress, repository)
                _assemble(dict(zip(jars, files, strict=True)), target, version)
    except OSError as error:
        raise JMeterError(
            f"can't write JMeter's folder {target}: {error.strerror or error}",
            hint="free some space (300 MB) there, or name another folder in JMXGEN_CACHE",
        ) from error
    return home.open_home(target, java=java)


def is_whole(path: Path, version: str) -> bool:
    """Return whether `path` is a home made from the shipped manifest of `version`, each jar unchanged."""
    try:
        if (path / home.MARKER).read_text(encoding="ascii") != manifest.text(version):
            return False
        return not home.damage(path, version) and all(
            sha256_of(path / jar.place / jar.name) == jar.sha256
            for jar in manifest.load(version)
            if jar.place != "config"
        )
    except FileNotFoundError:
        return False


def sha256_of(path: Path) -> str:
    """Return the SHA-256 sum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Tally:
    """Adds up what several threads have downloaded, and reports it."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress = total, progress
        self._done: dict[str, int] = {}
        self._lock = threading.Lock()

    def put(self, name: str, done: int) -> None:
        """Say that `done` bytes of the file `name` are there."""
        with self._lock:
            self._done[name] = done
            if self._progress:
                self._progress(sum(self._done.values()), self._total)

    @contextlib.contextmanager
    def follow(self, name: str, _size: int) -> Iterator[Callable[[int], None]]:
        """Follow one download: the form of jgo's progress callback."""
        done = 0

        def update(count: int) -> None:
            nonlocal done
            done += count
            self.put(name, done)

        yield update


def _fetch_all(
    jars: Sequence[manifest.Jar], cache: Path, progress: Progress | None, repository: str | None
) -> list[Path]:
    """Return the verified file of each jar, in their order, downloading those that are missing."""
    from jgo.maven import MavenContext, PythonResolver

    logging.getLogger("jgo").addHandler(logging.NullHandler())  # what matters becomes an error of ours
    tally = _Tally(sum(jar.size for jar in jars), progress)
    context = MavenContext(
        resolver=PythonResolver(progress_callback=tally.follow),
        repo_cache=cache,
        remote_repos={"repository": repository.rstrip("/")} if repository else None,
        timeout=TIMEOUT_S,
    )
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="jmxgen-install") as pool:
        futures = {pool.submit(_fetch, jar, context, tally): jar for jar in jars}
        try:
            found = {futures[done]: done.result() for done in as_completed(futures)}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [found[jar] for jar in jars]


def _fetch(jar: manifest.Jar, context: Any, tally: _Tally) -> Path:
    """Return the file of one jar with the sum it must have; what has another sum is deleted."""
    group, name, version, *classifier = jar.coordinate.split(":")
    artifact = context.project(group, name).at_version(version).artifact("".join(classifier), "jar")
    path = Path(artifact.cached_path)
    problem = JMeterError(f"{jar.coordinate} was not downloaded")
    for attempt in range(ATTEMPTS + 1):  # the first look is at what an earlier install left
        if attempt:
            try:
                artifact.resolve()
            except (RuntimeError, OSError) as error:
                path.unlink(missing_ok=True)
                problem = _download_error(jar, error)
                time.sleep(RETRY_S)
                continue
        if not path.exists():
            continue
        if (got := sha256_of(path)) == jar.sha256:
            tally.put(artifact.filename, jar.size)
            return path
        path.unlink()
        problem = JMeterError(
            f"{path.name} is not the file that jmxgen knows: SHA-256 expected {jar.sha256}, got {got}",
            hint="it was changed on its way, by a proxy or mirror: refused and deleted",
        )
    raise problem


def _download_error(jar: manifest.Jar, error: RuntimeError | OSError) -> JMeterError:
    """Say in one line why a jar did not come. An OSError without a number is one of the HTTP client."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    if isinstance(error, RuntimeError):
        return JMeterError(
            f"the Maven repository has no {jar.coordinate}", hint="try again, or another --repository"
        )
    return JMeterError(
        f"can't download {jar.coordinate}: no answer from the Maven repository ({type(error).__name__})",
        hint="check the network and HTTPS_PROXY, or set JMETER_HOME to a JMeter of your own; "
        "what is already downloaded is kept",
    )


def _assemble(files: dict[manifest.Jar, Path], target: Path, version: str) -> None:
    """Lay out the home in a folder beside `target` and rename it into place."""
    for left in target.parent.glob(f".{version}-*"):
        shutil.rmtree(left, ignore_errors=True)  # of an install that was killed; we hold the lock
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{version}-"))
    try:
        made = work / "home"
        for folder in ("bin", "lib/ext", "lib/junit"):
            (made / folder).mkdir(parents=True)
        for jar, file in files.items():
            if jar.place == "config":
                _unpack_bin(file, made)
            else:
                _link(file, made / jar.place / jar.name)
        (made / home.MARKER).write_text(manifest.text(version), encoding="ascii")
        if target.exists():
            target.rename(work / "old")
        made.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpack_bin(jar: Path, made: Path) -> None:
    """Unpack bin/ of the configuration's jar; zipfile itself keeps names inside the folder."""
    with zipfile.ZipFile(jar) as archive:
        archive.extractall(made, [name for name in archive.namelist() if name.startswith("bin/")])


def _link(source: Path, target: Path) -> None:
    """Make one file appear at two places, by a hard link where the file system has them."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
