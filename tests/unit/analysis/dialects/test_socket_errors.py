"""What a failing socket is called in other languages decides the kind; the thread's history the phase."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.analysis import reading
from jmxgen.analysis.dialects.socket_errors import kind_of
from tests import jtl_rows
from tests.jtl_rows import broken, opened, used

TEXTS = {
    "refused": (
        "Connection refused: connect",
        "Connection refused (Connection refused)",
        "Es konnte keine Verbindung hergestellt werden, da der Zielcomputer die Verbindung verweigerte",
        "由于目标计算机积极拒绝，无法连接。",
        "対象のコンピューターによって拒否されたため、接続できませんでした。",
        "ivr.example.com",
        "Der angegebene Host ist unbekannt (ivr)",
        "No route to host",
    ),
    "reset": (
        "Connection reset by peer",
        "An existing connection was forcibly closed by the remote host",
        "Eine vorhandene Verbindung wurde vom Remotehost geschlossen",
        "远程主机强迫关闭了一个现有的连接。",
        "既存の接続はリモート ホストに強制的に切断されました。",
        "你的主机中的软件中止了一个已建立的连接。",
        "Eine bestehende Verbindung wurde softwaregesteuert durch den Hostcomputer abgebrochen",
    ),
    "no answer": (
        "Read timed out",
        "由于连接方在一段时间后没有正确答复或连接的主机没有反应，连接尝试失败。",
        "接続済みの呼び出し先が一定の時間を過ぎても正しく応答しなかったため、接続できませんでした。",
    ),
    "lost": ("Broken pipe (Write failed)", "Datenübergabe unterbrochen (broken pipe)", "断开的管道"),
    "": ("Превышен таймаут", "何か", "something odd"),
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in TEXTS.items() for text in texts])
def test_the_kind_is_known_in_each_language(kind: str, text: str) -> None:
    assert kind_of(text) == kind


def test_a_text_without_spaces_is_not_a_host_on_an_open_connection(tmp_path: Path) -> None:
    rows = [opened(0), used(100), broken(500, "远程主机强迫关闭了一个现有的连接。")]
    connections = reading.read([jtl_rows.file(tmp_path, rows)]).connections
    assert connections["end"].tolist() == ["data"]
    assert connections["code"].tolist() == [1006]


def test_an_exception_without_a_message_names_no_host() -> None:
    assert kind_of("null") == ""
