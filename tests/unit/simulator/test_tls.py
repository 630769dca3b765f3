from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from jmxgen.errors import UsageError
from jmxgen.simulator import tls
from tests.unit.simulator.bench import REQUEST, Bench, Seen, trial


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


def test_a_client_that_does_not_trust_the_certificate_is_in_the_log(tmp_path: Path) -> None:
    context = tls.context(*tls.self_signed(tmp_path))

    async def script(bench: Bench) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            await bench.raw_client("ivr")
        await bench.quiet()
        bench.seen = {"": Seen("handshake", "tls")}

    assert trial(script, tls=context).rows[0].path is None


def test_a_client_that_speaks_no_tls_is_in_the_log(tmp_path: Path) -> None:
    async def script(bench: Bench) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(bench.base.rpartition(":")[2]))
        writer.write(REQUEST)
        await reader.read()
        writer.close()
        bench.seen[""] = Seen("handshake", "tls")

    trial(script, tls=tls.context(*tls.self_signed(tmp_path)))


def test_a_client_that_goes_in_the_middle_of_tls_is_in_the_log(tmp_path: Path) -> None:
    async def script(bench: Bench) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", int(bench.base.rpartition(":")[2]))
        writer.write(b"\x16\x03\x01")  # the beginning of a ClientHello
        writer.close()
        await bench.until(lambda: bench.simulator.attempts == 1)
        bench.seen[""] = Seen("handshake", "tls")

    trial(script, tls=tls.context(*tls.self_signed(tmp_path)))


def test_a_slow_accept_holds_tls_too(tmp_path: Path) -> None:
    cert, key = tls.self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=cert)

    async def script(bench: Bench) -> None:
        await bench.calls(3, ssl=trust)

    found = trial(script, "slow-accept:rate=10/s", tls=tls.context(cert, key))

    assert found.ends() == ["closed"] * 3
    took = max(row.opened_at or 0 for row in found.rows) - min(row.attempted_at for row in found.rows)
    assert took > 3 * 100 * 0.95
