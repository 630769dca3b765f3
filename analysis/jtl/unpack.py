"""A gzip file as bytes, as far as it can be unpacked: cut off, damaged, or of several members."""

from __future__ import annotations

import zlib
from typing import IO, Final

_PIECE: Final = 64 * 1024
_MEMBER: Final = b"\x1f\x8b\x08"
_GZIP: Final = 31  # wbits of zlib: a gzip header and its checksum
_STEP: Final = 16  # bytes that are given at a time where some of them are damaged


class Unpacked:
    """The unpacked bytes of a gzip file.

    `gzip.GzipFile` gives nothing of what it has unpacked when the file ends too early; here all that zlib can
    decode is given, and `damaged` says that there should be more.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        self.damaged = False
        self._raw = raw
        self._packed = b""
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False  # within a member
        self._any = False  # something has been unpacked

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end.

        Raises:
            zlib.error: nothing of the file can be unpacked.
        """
        pieces: list[bytes] = []
        while size > 0:
            self._packed = self._packed or self._raw.read(_PIECE)
            if not self._packed:
                self.damaged |= self._begun
                self._begun = False
                break
            pieces.append(self._unpacked(size))
            self._any |= bool(pieces[-1])
            size -= len(pieces[-1])
        return b"".join(pieces)

    def _unpacked(self, size: int) -> bytes:
        before = self._member.copy()
        try:
            found = self._member.decompress(self._packed, size)
        except zlib.error:
            found = self._up_to_damage(before)
            if not found and not self._any:
                raise
            return found
        self._begun, self._packed = True, self._member.unconsumed_tail
        if self._member.eof:
            self._packed = self._member.unused_data.lstrip(b"\0")
            self._next_member()
        return found

    def _next_member(self) -> None:
        self._member, self._begun = zlib.decompressobj(_GZIP), False

    def _up_to_damage(self, member: zlib._Decompress) -> bytes:
        """Return what can be unpacked of the bytes at hand, and go on at the next member."""
        self.damaged = True
        found = b""
        try:
            for place in range(0, len(self._packed), _STEP):
                found += member.decompress(self._packed[place : place + _STEP])
        except zlib.error:
            pass
        self._next_member()
        following = self._packed.find(_MEMBER, 1)
        while following < 0:
            more = self._raw.read(_PIECE)
            self._packed = self._packed[-2:] + more
            following = self._packed.find(_MEMBER) if more else len(self._packed)
        self._packed = self._packed[following:]
        return found
