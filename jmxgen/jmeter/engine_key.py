"""The key by which engines and the JMeter that drives them know one another.

They talk over Java RMI, which lets whoever gets through run any code. So both ends prove with one key that
they belong together (TLS with client authentication: JMeter's RmiUtils).
"""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JMeterError, Place
from jmxgen.jmeter.home import cache_folder
from jmxgen.jmeter.lock import locked
from jmxgen.jmeter.private import write_private
from jmxgen.jmx import java_properties

if TYPE_CHECKING:
    from jmxgen.jmeter.home import Home

INSECURE: Final = {"server.rmi.ssl.disable": "true"}
_KEYS: Final = "engine.properties"


def keys(home: Home, folder: Path | None = None) -> Path:
    """Return the property file with the key that engines and their driver share; make both when missing.

    Args:
        home: its Java's keytool makes the key.
        folder: where the key is; default: in the user's cache folder. For engines on other
            machines, copy it there.

    Raises:
        JMeterError: the key can't be made, or others can read it.
    """
    place = folder or cache_folder() / "engine-key"
    file = place / _KEYS
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(place / ".lock"):
            if not file.exists():
                _make_keys(home, place)
        if os.name != "nt" and file.stat().st_mode & 0o077:
            raise JMeterError("others can read the engines' key", place=Place(file), hint=f"chmod 600 {file}")
    except OSError as error:
        what = f"can't make or read the engines' key: {error.strerror or error}"
        raise JMeterError(what, place=Place(place)) from error
    # The store's path is not in the file, so that the folder can be copied.
    return file


def key_properties(file: Path) -> dict[str, str]:
    """Return JMeter's properties for the key that `keys` names."""
    store = str(file.parent.absolute() / "engine.p12")
    said = java_properties.read(file)
    kinds = ("keystore", "truststore")
    return {
        "server.rmi.ssl.keystore.alias": "jmxgen",
        **{f"server.rmi.ssl.{kind}.file": store for kind in kinds},
        **{f"server.rmi.ssl.{kind}.type": "PKCS12" for kind in kinds},
        **{f"server.rmi.ssl.{kind}.password": said.get("password", "") for kind in kinds},
    }


def _make_keys(home: Home, place: Path) -> None:
    """Make a key pair with a certificate signed by itself; the property file comes last, and whole."""
    keytool = home.java.with_name("keytool.exe" if os.name == "nt" else "keytool")
    if not keytool.is_file():
        hint = "unset JAVA_HOME to use the Java that came with jmxgen, or use --insecure"
        raise JMeterError(
            "this Java has no keytool to make the engines' key", place=Place(keytool), hint=hint
        )
    password = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(dir=place) as work:
        word = Path(work) / "password"
        write_private(word, password)
        store = Path(work) / "engine.p12"
        made = subprocess.run(
            [
                *(str(keytool), "-genkeypair", "-keystore", str(store), "-storetype", "PKCS12"),
                *("-storepass:file", str(word), "-alias", "jmxgen", "-keyalg", "EC"),
                *("-groupname", "secp256r1", "-dname", "CN=jmxgen engine", "-validity", "3650"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise JMeterError(f"keytool can't make the engines' key: {(made.stdout + made.stderr).strip()}")
        store.chmod(0o600)
        store.replace(place / "engine.p12")
        write_private(Path(work) / _KEYS, java_properties.render({"password": password}))
        (Path(work) / _KEYS).replace(place / _KEYS)
