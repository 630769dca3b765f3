"""TLS for the simulator: a given certificate, or one made by openssl for this process."""

from __future__ import annotations

import ssl
import subprocess
import tempfile
from pathlib import Path

from jmxgen.errors import UsageError


def context(cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """Return a server's TLS context.

    Args:
        cert: PEM chain; None: the openssl command makes a self-signed one for localhost and 127.0.0.1.
        key: PEM key; None: it is in `cert`.

    Raises:
        UsageError: the files are not a certificate and key, or there is no openssl.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        if cert is not None:
            made.load_cert_chain(cert, key)
        else:
            with tempfile.TemporaryDirectory() as folder:
                made.load_cert_chain(*self_signed(Path(folder)))
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"can't use {cert} as a certificate: {error}") from error
    return made


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for localhost in `folder` and return its path and its key's.

    Raises:
        UsageError: there is no openssl command, or it failed.
    """
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += [
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ]
    try:
        subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError("openssl can't make a certificate", hint="give --cert and --key") from error
    return cert, key
