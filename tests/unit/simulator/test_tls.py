from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from jmxgen.errors import UsageError
from jmxgen.simulator import tls
from tests.unit.simulator.bench import Bench, trial


def test_a_call_over_tls_is_a_call(tmp_path: Path) -> None:
    cert, key = tls.self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=cert)

    async def script(bench: Bench) -> None:
        await bench.calls(2, together=True, ssl=trust)

    found = trial(script, "cap:limit=1,form=reset", tls=tls.context(cert, key))

    assert sorted(found.ends()) == ["closed", "handshake"]


@pytest.mark.parametrize("form", ["reset", "eof", "cut"])
def test_a_drop_over_tls_is_a_drop(tmp_path: Path, form: str) -> None:
    cert, key = tls.self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=cert)

    async def script(bench: Bench) -> None:
        await bench.call(ssl=trust)

    assert trial(script, f"drop:form={form}", tls=tls.context(cert, key)).ends() == ["data"]


def test_a_file_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")

    with pytest.raises(UsageError, match="as a certificate"):
        tls.context(tmp_path / "cert.pem", None)


def test_without_openssl_it_says_what_to_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UsageError, match="give --cert and --key"):
        tls.context(None, None)
