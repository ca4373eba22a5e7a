"""The tracker script, as built from ``tracker/``: packed once per set of options.

``/t.js?key=wk_…`` brings the options of its write key along, so that the page asks nothing
else; ``/t.js`` is the script alone.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from hashlib import blake2b
from importlib import resources
from urllib.parse import parse_qs

import brotli
import msgspec

from trellis.tracking.options import Options
from trellis.web.public.http import CORS, Answer, Scope

PATH = "/t.js"
MINUTES = 5
"""How long browsers keep the script, and so how late changed options may arrive."""

_SOURCE = resources.files("trellis.web.public").joinpath("data", "t.js").read_bytes()
_PARAMETER = b"TRELLIS_SETTINGS"


class Packed:
    """One script in every form that browsers take."""

    def __init__(self, source: bytes) -> None:
        self.tag = b'"' + blake2b(source, digest_size=8).hexdigest().encode() + b'"'
        headers = (
            (b"content-type", b"text/javascript; charset=utf-8"),
            (
                b"cache-control",
                b"public, max-age=%d, stale-while-revalidate=86400" % (MINUTES * 60),
            ),
            (b"cross-origin-resource-policy", b"cross-origin"),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"accept-encoding"),
            (b"etag", self.tag),
            *CORS,
        )
        packed = (
            (b"br", brotli.compress(source)),
            (b"gzip", gzip.compress(source, 9, mtime=0)),
        )
        self.plain = Answer(200, source, headers)
        self.by_encoding = {
            name: Answer(200, data, ((b"content-encoding", name), *headers))
            for name, data in packed
        }
        self.unchanged = Answer(304, b"", headers)


def key_in(scope: Scope) -> str:
    """The write key in the script's address; "" where it names none."""
    query: bytes = scope.get("query_string", b"")
    return parse_qs(query.decode("latin-1")).get("key", [""])[0]


def answer(scope: Scope, options: Options | None) -> Answer:
    """The script in the form the browser takes, or that its copy is still good."""
    packed = _packed(options)
    headers = dict(scope["headers"])
    if headers.get(b"if-none-match") == packed.tag:
        return packed.unchanged
    accepted = headers.get(b"accept-encoding", b"")
    for name, found in packed.by_encoding.items():
        if name in accepted:
            return found
    return packed.plain


@lru_cache(maxsize=256)
def _packed(options: Options | None) -> Packed:
    if options is None:
        return Packed(_SOURCE)
    said = msgspec.json.encode(options.for_script())
    return Packed(b"(%b=>{%b})(%b);" % (_PARAMETER, _SOURCE.strip(), said))
