"""Files that are the same for everybody, packed with gzip on the way out: a phone on a weak line waits for a third.

Only for content without secrets, since the length of what is packed tells about what is in it. Packed bytes are kept,
so that a file is packed once for each content.
"""

import gzip
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from flask import Response, request

_WORTH_IT: Final = 600
_KEPT: Final = 128
_PACKABLE: Final = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "application/wasm",
        "image/svg+xml",
    }
)


def packed(response: Response) -> Response:
    """This answer with its body packed where the caller takes gzip; its ETag is then another, because its bytes are.

    Parts of files, answers without a body and what is small or packed by nature stay as they are.
    """
    if response.mimetype not in _PACKABLE:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != HTTPStatus.OK or request.accept_encodings["gzip"] <= 0:
        return response
    response.direct_passthrough = False
    plain = response.get_data()
    if len(plain) < _WORTH_IT:
        return response
    response.add_etag()
    etag, _weak = response.get_etag()
    response.set_data(_gzip(plain))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    response.set_etag(f"{etag}-gzip")
    response.make_conditional(request.environ)
    return response


@lru_cache(_KEPT)
def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)
