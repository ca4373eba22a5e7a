"""The tracker script, as built from ``tracker/``: read once, packed once."""

from __future__ import annotations

import gzip
from hashlib import blake2b
from importlib import resources

import brotli

from trellis.web.public.http import CORS, Answer, Scope

PATH = "/t.js"

_SOURCE = resources.files("trellis.web.public").joinpath("data", "t.js").read_bytes()
_TAG = b'"' + blake2b(_SOURCE, digest_size=8).hexdigest().encode() + b'"'
_HEADERS = (
    (b"content-type", b"text/javascript; charset=utf-8"),
    (b"cache-control", b"public, max-age=3600, stale-while-revalidate=86400"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"accept-encoding"),
    (b"etag", _TAG),
    *CORS,
)
_PACKED = (
    (b"br", brotli.compress(_SOURCE)),
    (b"gzip", gzip.compress(_SOURCE, 9, mtime=0)),
)
_PLAIN = Answer(200, _SOURCE, _HEADERS)
_BY_ENCODING = {
    name: Answer(200, data, ((b"content-encoding", name), *_HEADERS)) for name, data in _PACKED
}
_UNCHANGED = Answer(304, b"", _HEADERS)


def answer(scope: Scope) -> Answer:
    """The script in the form the browser takes, or that its copy is still good."""
    headers = dict(scope["headers"])
    if headers.get(b"if-none-match") == _TAG:
        return _UNCHANGED
    accepted = headers.get(b"accept-encoding", b"")
    for name, found in _BY_ENCODING.items():
        if name in accepted:
            return found
    return _PLAIN
