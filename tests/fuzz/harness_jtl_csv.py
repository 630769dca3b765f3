"""Any bytes are results that can be judged, or a ResultError of one printable line."""

from __future__ import annotations

from tests.fuzz.reading import analyse

HEADER = (
    b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"
    b"sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect,ws_conn\n"
)


def one_input(data: bytes) -> None:
    """Read the bytes as a file of their own, and as rows."""
    analyse(data, "results.jtl")
    analyse(HEADER + data, "results.jtl")
