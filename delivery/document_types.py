"""What a paper really is: told from its bytes, never from its name, because the name is what a sender may choose.

Only formats that a recipient can open on any phone and that carry no program are served: PDF, JPEG, PNG, DOCX and OFD
(GB/T 33190). This looks at structure; it does not replace a virus scanner.
"""

import io
import re
from enum import StrEnum

from delivery.archives import (
    OLE_SIGNATURE,
    ZIP_SIGNATURE,
    UnpackLimits,
    entry_names,
    has_macros,
    is_ole_encrypted,
    open_zip,
    unpack,
)
from delivery.domain.errors import BadValue

_MEGABYTE = 1 << 20
LARGEST_DOCUMENT = 50 * _MEGABYTE
_HEAD = 1024
_TAIL = 4096
_CONTENT_TYPES = "[content_types].xml"
_PDF_ENCRYPTION = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_PDF_PROGRAM = re.compile(rb"/(?:JavaScript|JS|Launch)\b")
_PDF_STREAM = re.compile(rb"\bstream\r?\n")
_PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


class DocumentType(StrEnum):
    """The formats that may be served; the value is the media type."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    OFD = "application/ofd"


def identify(content: bytes, *, limit: int = LARGEST_DOCUMENT) -> DocumentType:
    """The format of a whole document.

    Raises `BadValue`: `document_empty`, `document_too_large` (`limit`, MB), `document_unsupported`,
    `document_encrypted`, `document_macro`, `document_broken` (cut short or not what it begins as), `document_bomb`.
    """
    if not content:
        raise BadValue("document_empty")
    if len(content) > limit:
        raise BadValue("document_too_large", limit=max(limit // _MEGABYTE, 1))
    if b"%PDF-" in content[:_HEAD]:
        return _pdf(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _complete(DocumentType.JPEG, b"\xff\xd9" in content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _complete(DocumentType.PNG, content[12:16] == b"IHDR" and b"IEND\xaeB`\x82" in content)
    if content.startswith(ZIP_SIGNATURE):
        return _packed(content)
    if content.startswith(OLE_SIGNATURE):
        if is_ole_encrypted(content):
            raise BadValue("document_encrypted")
        if has_macros(content, frozenset()):
            raise BadValue("document_macro")
    raise BadValue("document_unsupported")


def _complete(kind: DocumentType, is_complete: bool) -> DocumentType:  # noqa: FBT001 -- one private use
    if not is_complete:
        raise BadValue("document_broken")
    return kind


def _pdf(content: bytes) -> DocumentType:
    """ISO 32000-1: 7.5.5 (end mark), 7.6 (encryption), 12.6.4 (actions), 7.3.5 (#xx escapes in names)."""
    if b"%%EOF" not in content[-_TAIL:]:
        raise BadValue("document_broken")
    objects = _without_streams(content)
    plain = _PDF_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), objects) if b"#" in objects else objects
    if _PDF_ENCRYPTION.search(plain):
        raise BadValue("document_encrypted")
    if _PDF_PROGRAM.search(plain):
        raise BadValue("document_macro")
    return DocumentType.PDF


def _without_streams(content: bytes) -> bytes:
    """The objects alone: in the noise of a compressed scan, three bytes that spell /JS stand sooner or later."""
    kept, position = [], 0
    while (stream := _PDF_STREAM.search(content, position)) is not None:
        end = content.find(b"endstream", stream.end())
        if end < 0:
            break
        kept.append(content[position : stream.start()])
        position = end
    return b"".join((*kept, content[position:]))


def _packed(content: bytes) -> DocumentType:
    """DOCX (ECMA-376 part 2) by its content types, OFD (GB/T 33190) by its root entry."""
    try:
        archive = open_zip(io.BytesIO(content), UnpackLimits())
        names = entry_names(archive)
        kinds = b"".join(
            unpack(archive, entry, _MEGABYTE)
            for entry in archive.infolist()
            if entry.filename.lower() == _CONTENT_TYPES
        )
    except BadValue as refused:
        match refused.code:
            case "archive_encrypted":
                raise BadValue("document_encrypted") from None
            case "archive_bomb" | "archive_entries":
                raise BadValue("document_bomb") from None
            case _:
                raise BadValue("document_broken") from None
    if has_macros(content, names) or b"macroEnabled" in kinds:
        raise BadValue("document_macro")
    if b"wordprocessingml.document.main+xml" in kinds and any(name.startswith("word/") for name in names):
        return DocumentType.DOCX
    if "ofd.xml" in names:
        if any(name.endswith("encryptions.xml") for name in names):
            raise BadValue("document_encrypted")
        return DocumentType.OFD
    raise BadValue("document_unsupported")
