"""Files on their way to a person: always saved, never run in the page, with names in any script."""

from unicodedata import category
from urllib.parse import quote

from flask import Response

_SUFFIXES = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/ofd": ".ofd",
    "application/zip": ".zip",
    "text/csv": ".csv",
}


def file_name(title: str, media_type: str | None) -> str:
    """A title as a file name; what no system takes in a name, or turns a name round, becomes an underscore."""
    safe = "".join("_" if letter in '\\/:*?"<>|' or category(letter)[0] == "C" else letter for letter in title)
    return safe.strip(" .")[:80] + _SUFFIXES.get(media_type or "", "")


def attachment(content: bytes | str, title: str, media_type: str | None) -> Response:
    """The content as a download (RFC 6266, RFC 5987)."""
    response = Response(content, mimetype=media_type or "application/octet-stream")
    name = file_name(title, media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def shown(content: bytes, title: str, media_type: str) -> Response:
    """A file of our own making, shown in the browser's viewer, which is an object; it may load nothing."""
    response = attachment(content, title, media_type)
    response.headers["Content-Disposition"] = response.headers["Content-Disposition"].replace("attachment", "inline")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response
