"""Files that people get: to be saved under their name, never to be shown as a page of ours."""

from urllib.parse import quote


def attached(name: str) -> dict[str, str]:
    """The headers of such a file; nobody on the way keeps it."""
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
