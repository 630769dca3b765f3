"""Other systems: no module of jmxgen needs a module of POSIX to be imported. Only Linux is run here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Libraries may import what they find on Linux; jmxgen's own modules may not, at import.
CODE = """
import builtins, importlib, pkgutil, signal, sys
ABSENT = {"fcntl", "resource", "termios", "pwd", "grp", "tty", "pty", "posix", "syslog", "crypt"}
real = builtins.__import__

def refuse(name, globals=None, *rest, **named):
    if name.partition(".")[0] in ABSENT and (globals or {}).get("__name__", "").startswith("jmxgen"):
        raise ImportError(f"{globals['__name__']} imports {name}")
    return real(name, globals, *rest, **named)

builtins.__import__ = refuse
for name in ("SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGPIPE"):
    delattr(signal, name)
import jmxgen
count = 0
for module in pkgutil.walk_packages(jmxgen.__path__, "jmxgen."):
    if ".samples" not in module.name:
        importlib.import_module(module.name)
        count += 1
from jmxgen.__main__ import _end_cleanly
from jmxgen.jmeter import control, preflight, trouble
_end_cleanly()
with control.interrupts() as received:
    assert not received
preflight.limits()
assert "killed by" in trouble.find("", "", status=-9, results=True, stopped=False).what
print(count)
"""


def test_every_module_imports_without_what_only_posix_has() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 150
