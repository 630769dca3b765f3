"""What Java and the operating systems say when a socket fails, in the languages that testers meet.

JDK 8 to 21 on Linux and macOS say it in English (strerror), on Windows in the language of the system
(FormatMessage, WSAECONNREFUSED and its neighbours). The text decides the kind alone: in which phase it
happened follows from the thread's history.
"""

from __future__ import annotations

import re
from typing import Final

# kind -> texts: English, German, Chinese, Japanese. The order counts.
_TEXTS: Final = {
    "client": (
        "Cannot assign requested address",
        "Can't assign requested address",
        "Address already in use",
        "Address not available",
        "Too many open files",
        "No buffer space",
        "unable to create",
        "out of memory",
        "Normalerweise darf jede Socketadresse",
        "通常每个套接字地址",
        "通常、各ソケット アドレス",
    ),
    "refused": (
        "Connection refused",
        "No route to host",
        "unreachable",
        "UnknownHost",
        "Name or service not known",
        "nodename nor servname",
        "Temporary failure in name resolution",
        "No such host is known",
        "actively refused",
        "Verbindungsaufbau abgelehnt",
        "Zielcomputer die Verbindung verweigerte",
        "nicht erreichbar",
        "Keine Route zum Zielrechner",
        "Der angegebene Host ist unbekannt",
        "Host unbekannt",
        "积极拒绝",
        "拒绝连接",
        "无法连接的网络",
        "无法连接的主机",
        "没有到主机的路由",
        "不知道这样的主机",
        "未知的名称或服务",
        "拒否されたため",
        "接続を拒否されました",
        "到達できない",
        "そのようなホストは不明",
    ),
    "timeout": (
        "connect timed out",
        "Connection timed out: connect",
    ),
    "eof": ("Empty response; connection closed",),
    "protocol": ("Invalid status line",),
    "tls": ("Socket is closed", "SSL", "TLS", "PKIX", "certificate", "handshake"),
    "lost": (
        "end of stream",
        "Broken pipe",
        "WebSocket protocol error: expected",
        "socket output is already shut",
        "Write timed out",
        "Datenübergabe unterbrochen",
        "断开的管道",
        "管道已损坏",
        "パイプが壊れ",
    ),
    "no answer": (
        "Read timed out",
        "Connection timed out",
        "Operation timed out",
        "did not properly respond",
        "Zeitüberschreitung",
        "nach einer bestimmten Zeitspanne nicht richtig reagiert",
        "没有正确答复",
        "连接超时",
        "読み取りタイムアウト",
        "正しく応答しなかった",
        "タイムアウトしました",
    ),
    "reset": (
        "Connection reset",
        "aborted",
        "connection abort",
        "forcibly closed",
        "zurückgesetzt",
        "vom Remotehost geschlossen",
        "durch den Hostcomputer abgebrochen",
        "强迫关闭",
        "连接被对方重设",
        "连接被对端重置",
        "中止了一个已建立的连接",
        "強制的に切断",
        "リセットされ",
        "によって中止され",
    ),
}
_PATTERNS: Final = {kind: re.compile("|".join(map(re.escape, texts)), re.I) for kind, texts in _TEXTS.items()}
# The text of an UnknownHostException is the bare name; Chinese and Japanese sentences have no spaces either.
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[?[0-9A-Fa-f:]+(?:%\w+)?\]?")

_NO_TEXT: Final = "null"  # of an exception without a message


def kind_of(text: str) -> str:
    """Return the kind of a socket error, "" for an unknown text.

    `lost` occurs on open connections alone; `reset` and `no answer` in both phases; the others only before a
    connection is open.
    """
    for kind, pattern in _PATTERNS.items():
        if pattern.search(text):
            return kind
    return "refused" if _HOST_NAME.fullmatch(text) and text != _NO_TEXT else ""
