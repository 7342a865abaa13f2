"""The documents of the town's cases, as small PDF files that a reader shows in Chinese.

They say plainly that they are samples.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence

from adapters.sandbox import docket, names
from adapters.sandbox.people import Case

_SAMPLE = "（样本，仅供演示，无法律效力）"


def papers_of(cases: Iterable[Case]) -> dict[str, bytes]:
    """Every document that the docket names, by file name."""
    return {
        docket.file_name(case, title): paper(
            names.court().name,
            (title, case.number, f"案由：{case.cause}", f"立案日期：{case.accepted_on:%Y-%m-%d}", _SAMPLE),
        )
        for case in cases
        for title in sorted({title for order in case.orders for title in order.documents})
    }


def paper(heading: str, lines: Sequence[str]) -> bytes:
    """A page with a heading and lines, in a Chinese font that every reader brings along (Adobe-GB1, not embedded)."""
    rows = [(18, 780, heading), *((12, 740 - 24 * number, line) for number, line in enumerate(lines))]
    drawn = "".join(f"BT /F1 {size} Tf 72 {top} Td <{_hexadecimal(text)}> Tj ET\n" for size, top, text in rows).encode()
    descendant = (
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /FontDescriptor 7 0 R >>"
    )
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>"
    )
    metrics = (
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        b"<< /Length %d >>\nstream\n%sendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        descendant,
        metrics,
    )
    return _assembled(objects)


def picture(number: str) -> bytes:
    """A grey picture with a bar for each digit of a number (PNG, ISO/IEC 15948): what a scanner makes of a slip."""
    row = b"\0" + b"".join(bytes([40 if at <= int(digit) else 220]) * 2 for digit in number for at in range(10))
    height = 60
    header = struct.pack(">IIBBBBB", len(row) - 1, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def _hexadecimal(text: str) -> str:
    return text.encode("utf-16-be").hex()


def _assembled(objects: Sequence[bytes]) -> bytes:
    written = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(written)
