"""What a file put forward as evidence may be. Pure: bytes in, a media type out.

The type is read off the content, never believed from a name.
"""

import re

LARGEST = 2_000_000  # bytes of one file
MOST = 5  # files of one contest
_BEGINNINGS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
)
_UNFIT = re.compile(r"[^\w.()（） -]+")


def media_type(content: bytes) -> str | None:
    """PDF, PNG or JPEG; None for anything else, for nothing, and for more than `LARGEST` bytes."""
    if len(content) > LARGEST:
        return None
    return next((kind for start, kind, _ in _BEGINNINGS if content.startswith(start)), None)


def safe_name(name: str, kind: str) -> str:
    """A file name to be shown and downloaded: no path, no control characters, the right ending."""
    ending = next(ending for _, known, ending in _BEGINNINGS if known == kind)
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return f"{_UNFIT.sub('_', stem).strip(' ._')[:80] or 'evidence'}.{ending}"
