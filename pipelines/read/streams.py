"""A file's bytes as they were before compression, read forward, whatever goes wrong on the way.

A stream never raises once it is open: where the bytes end, `problem` says whether they should have.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import zstandard
from isal import isal_zlib

from schemas.reasons import BrokenCompression, RejectedByRead, UnreadableFile


class Problem(NamedTuple):
    """Why a stream ended otherwise than it should."""

    why: RejectedByRead
    cut: bool  # the last record may be incomplete
    remains: bytes  # what stands in the file where no one expected it


class Stream:
    """Plain bytes. Opening raises OSError."""

    def __init__(self, path: str):
        self.path = path
        self.problem: Problem | None = None
        self._file = _open(path)

    def read(self, size: int) -> bytes:
        """At least one of the next bytes, about `size` if there are as many; none at the end."""
        try:
            return self._file.read(size)
        except OSError as error:
            self.problem = Problem(UnreadableFile(_sentence(self.path, error)), True, b"")
            return b""

    def seek(self, offset: int) -> None:
        """Makes `offset` the next byte's; forward only. Past the end there is nothing to read."""
        self._file.seek(offset)

    def close(self) -> None:
        self._file.close()


class CompressedStream(Stream):
    """What one member after another decompresses to."""

    def __init__(self, path: str, compression: str):
        super().__init__(path)
        self.compression = _COMPRESSIONS[compression]
        self.position = 0  # of the next byte that `read` returns
        self.taken = 0  # compressed bytes read from the file
        self._input = b""  # of those, the ones not yet decompressed
        self._member: Any = None
        self._member_start = 0
        self._member_output = 0  # bytes that came out of it so far
        self._ended = False

    def read(self, size: int) -> bytes:
        pieces, length = [], 0
        while length < size and not self._ended:
            piece = self._decompress(size - length)
            pieces.append(piece)
            length += len(piece)
        self.position += length
        return b"".join(pieces)

    def seek(self, offset: int) -> None:
        while self.position < offset and self.read(min(offset - self.position, _BLOCK)):
            pass

    @property
    def consumed(self) -> int:
        """Compressed bytes that went into what was read so far."""
        return self.taken - len(self._input)

    def _decompress(self, size: int) -> bytes:
        """The next bytes, maybe none although more will come."""
        if self._member is None and not self._begin():
            return b""
        if not self._input:
            self._fill()
        given = self._input
        try:
            output, self._input = self.compression.step(self._member, given, size)
        except _DAMAGE as error:
            output = self._salvage(self.taken - len(given))
            self._end(f"damaged: {error}", cut=True)
            return output
        self._member_output += len(output)
        if self._member.eof:
            self._input = self._member.unused_data
            self._member = None
        elif not given and not output:
            self._end("it ends early", cut=True)
        return output

    def _begin(self) -> bool:
        """Starts the next member, unless the file ends here, rightly or not."""
        longest = max(map(len, self.compression.magics))
        padded = self.compression.padded and self.taken > len(self._input)
        while True:
            if padded:  # after a first member, as on a tape
                self._input = self._input.lstrip(b"\0")
            if len(self._input) >= longest or not self._fill():
                break
        if not self._input:
            self._ended = True
        elif self._input.startswith(self.compression.magics):
            self._member = self.compression.make()
            self._member_start, self._member_output = self.consumed, 0
        else:
            self._end("something else follows the compressed data", False, self._input[:_REMAINS])
        return self._member is not None

    def _fill(self) -> bool:
        more = super().read(self.compression.block)
        self._input += more
        self.taken += len(more)
        return bool(more)

    def _end(self, message: str, cut: bool, remains: bytes = b"") -> None:
        self._ended = True
        if self.problem is None:  # else the file could not be read on, which explains it
            why = BrokenCompression(f"{self.path}: {message}, at compressed byte {self.consumed}")
            self.problem = Problem(why, cut, remains)

    def _salvage(self, damaged_from: int) -> bytes:
        """What can be had of the block that the damage is in.

        A decompressor that fails loses the whole step's output. So the member is done again, and
        when it comes to that block, byte by byte.
        """
        member, output, known = self.compression.make(), [], self._member_output
        with _open(self.path) as file:
            file.seek(self._member_start)
            try:
                while given := file.read(max(min(damaged_from - file.tell(), _BLOCK), 1)):
                    more = True
                    while more:
                        piece, given = self.compression.step(member, given, _BLOCK)
                        output.append(piece[known:])
                        known -= min(known, len(piece))
                        more = given or len(piece) >= _BLOCK
            except _DAMAGE:
                pass
        return b"".join(output)


def open_stream(path: str, compression: str) -> Stream:
    """A stream of the file's bytes from the first on; raises OSError."""
    return Stream(path) if compression == "none" else CompressedStream(path, compression)


def compression_of(head: bytes) -> str:
    """How a file that begins so is compressed: "gzip", "zstd" or "none"; names can lie."""
    for name, compression in _COMPRESSIONS.items():
        if head.startswith(compression.magics):
            return name
    return "none"


_DAMAGE = (isal_zlib.error, zstandard.ZstdError)
_BLOCK = 1 << 20
_REMAINS = 1 << 16  # bytes of a tail that no one expected, enough to see what it is


class _Compression(NamedTuple):
    magics: tuple[bytes, ...]
    make: Callable[[], Any]
    step: Callable[[Any, bytes, int], tuple[bytes, bytes]]  # to the output and the input left over
    block: int  # bytes of the file read at once
    padded: bool  # zeros may follow


def _inflate(member: Any, given: bytes, size: int) -> tuple[bytes, bytes]:
    return member.decompress(given, size), member.unconsumed_tail


def _unzstd(member: Any, given: bytes, size: int) -> tuple[bytes, bytes]:
    return member.decompress(given), b""


_COMPRESSIONS = {
    "gzip": _Compression(
        (b"\x1f\x8b",), lambda: isal_zlib.decompressobj(wbits=31), _inflate, 1 << 17, True
    ),
    # Its steps have no bound on their output; small ones keep a bomb's below 128 MiB.
    "zstd": _Compression(
        (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + i, 0x2A, 0x4D, 0x18]) for i in range(16))),
        lambda: zstandard.ZstdDecompressor().decompressobj(),
        _unzstd,
        1 << 12,
        False,
    ),
}


def _open(path: str) -> BinaryIO:
    if "://" in path:
        from pipelines.read.remote import open_remote  # only with the extra `gcp`

        return open_remote(path)
    return Path(path).open("rb", buffering=0)


def _sentence(path: str, error: OSError) -> str:
    return f"{path}: {error.strerror or error}"
