"""The format of a paper is what its bytes say."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from delivery.document_types import DocumentType, identify
from delivery.domain.errors import BadValue
from tests.delivery.dockets import zip_file

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
WORD = b'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.%s+xml"/></Types>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, kind)
    return file.getvalue()


def docx(**more: bytes) -> bytes:
    entries = {"[Content_Types].xml": WORD % b"wordprocessingml.document.main", "word/document.xml": b"<w/>"}
    return zip_file({**entries, **more}).getvalue()


def encrypted_zip() -> bytes:
    content = bytearray(docx())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + place] |= 1
            at = content.find(signature, at + 4)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, DocumentType.PDF),
        (b"junk of a mail gateway\r\n" + PDF, DocumentType.PDF),
        (picture("JPEG"), DocumentType.JPEG),
        (picture("PNG"), DocumentType.PNG),
        (docx(), DocumentType.DOCX),
        (zip_file({"OFD.xml": b"<ofd:OFD/>", "Doc_0/Document.xml": b"<x/>"}).getvalue(), DocumentType.OFD),
    ],
    ids=["pdf", "pdf after junk", "jpeg", "png", "docx", "ofd"],
)
def test_each_format_is_told_by_its_content(content: bytes, kind: DocumentType) -> None:
    assert identify(content) is kind


REFUSED = {
    "nothing": (b"", "document_empty"),
    "a text": (b"dear court", "document_unsupported"),
    "a page": (b"<html></html>", "document_unsupported"),
    "an old DOC": (OLE, "document_unsupported"),
    "an encrypted office file": (OLE + "EncryptedPackage".encode("utf-16-le"), "document_encrypted"),
    "an old DOC with macros": (OLE + "_VBA_PROJECT".encode("utf-16-le"), "document_macro"),
    "a workbook": (
        zip_file({"[Content_Types].xml": WORD % b"spreadsheetml.sheet.main", "xl/workbook.xml": b"<x/>"}).getvalue(),
        "document_unsupported",
    ),
    "a DOCM": (docx(**{"word/vbaProject.bin": b"program"}), "document_macro"),
    "the type of DOCM": (
        docx(**{"[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled.main+xml"}),
        "document_macro",
    ),
    "an encrypted ZIP": (encrypted_zip(), "document_encrypted"),
    "an encrypted OFD": (
        zip_file({"OFD.xml": b"<x/>", "Doc_0/Encryptions.xml": b"<x/>"}).getvalue(),
        "document_encrypted",
    ),
    "a bomb": (docx(**{"word/media/image1.png": bytes(60 << 20)}), "document_bomb"),
    "half a ZIP": (docx()[:-40], "document_broken"),
    "half a PDF": (PDF[:60], "document_broken"),
    "half a JPEG": (picture("JPEG")[:-200], "document_broken"),
    "half a PNG": (picture("PNG")[:-8], "document_broken"),
    "an encrypted PDF": (PDF.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 5 0 R"), "document_encrypted"),
    "a PDF with a script": (
        PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (x) >>"),
        "document_macro",
    ),
    "a PDF that hides its script": (PDF.replace(b"/Catalog", b"/Catalog /A << /S /#4aavaScript >>"), "document_macro"),
}


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_served_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        identify(content)
    assert refused.value.code == code


def test_size_is_bounded() -> None:
    with pytest.raises(BadValue, match="document_too_large"):
        identify(PDF, limit=50)


@given(st.sampled_from([PDF, docx(), picture("PNG"), picture("JPEG")]), st.integers(0, 3000), st.integers(0, 255))
def test_a_damaged_document_is_a_document_or_is_refused(content: bytes, place: int, value: int) -> None:
    damaged = bytearray(content)
    damaged[place % len(content)] = value
    try:
        identify(bytes(damaged))
    except BadValue:
        return


def test_a_lie_about_the_size_is_found_out() -> None:
    content = bytearray(zip_file({"OFD.xml": b"<x/>", "[Content_Types].xml": b"y" * 5_000}).getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("[Content_Types].xml").file_size.to_bytes(4, "little")
    with pytest.raises(BadValue, match="document_broken"):
        identify(bytes(content).replace(size, (17).to_bytes(4, "little")))


def test_the_noise_of_a_scan_is_no_script() -> None:
    scan = b"2 0 obj\n<< /Length 12 >>\nstream\n\x8f/JS\x01\xfe/Launch.\nendstream\nendobj\ntrailer"
    assert identify(PDF.replace(b"trailer", scan)) is DocumentType.PDF
    with pytest.raises(BadValue, match="document_macro"):
        identify(PDF.replace(b"trailer", scan + b" << /JS (x) >>"))
