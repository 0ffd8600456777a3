"""Files that are not on this machine (`gs://…`), through Beam's file systems.

Only these go through Beam: its local files are slower, and lose what can go wrong.
"""

from collections.abc import Iterator
from typing import BinaryIO

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from pipelines.errors import InputError


def match(given: str) -> Iterator[tuple[str, int]]:
    """The files that a URL, a folder's URL or a pattern names, sorted, with their sizes.

    Raises:
        InputError: nothing is there, or the extra for this kind of URL is not installed.
    """
    patterns = [given.rstrip("/"), given.rstrip("/") + "/**"]
    try:
        results = FileSystems.match(patterns)
    except (BeamIOError, ValueError) as error:
        raise InputError(f"{given} can't be read: {error} (gs:// needs newsbeam[gcp])") from None
    found = {file.path: file.size_in_bytes for result in results for file in result.metadata_list}
    if not found:
        raise InputError(f"{given} matches nothing")
    yield from sorted(found.items())


def open_remote(path: str) -> BinaryIO:
    """The file's stored bytes; raises OSError."""
    try:
        return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    except (BeamIOError, ValueError) as error:
        raise OSError(str(error)) from None
