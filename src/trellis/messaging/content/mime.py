"""MIME, built once per version: what does not change stands ready, the rest is filled in.

Header values pass ``clean``, which leaves no control character, so nothing a contact or a
template holds can add a header.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from email.header import Header
from email.utils import parseaddr

from django.utils.translation import gettext as _

from trellis.core.errors import InvalidInput

BOUNDARY = "=_trellis_part"
"""Cannot occur inside a part: parts are quoted-printable, where "=_" never stands."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(
    r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\x9f]{1,64}@[^\W_](?:[^\W_]|[.-])*(?<=[^\W_])"
)
_PLAIN = re.compile(r"[ -~]*")
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")

_HEAD = b"\r\n".join(
    [
        b"MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"'.encode(),
        b"",
        b"",
    ]
)
_PART = (
    "--" + BOUNDARY + "\r\nContent-Type: text/{}; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_TEXT_PART, _HTML_PART = _PART.format("plain").encode(), _PART.format("html").encode()
_END = b"--" + BOUNDARY.encode() + b"--\r\n"


def clean(value: str) -> str:
    """One line: control characters and line ends become a space."""
    return _CONTROL.sub(" ", value).strip()


def address_is_valid(address: str) -> bool:
    """Whether ``address`` is one plain mailbox that cannot break a header or a command."""
    return len(address) <= 254 and _ADDRESS.fullmatch(address) is not None


def ascii_address(address: str) -> str:
    """``address`` with its domain in IDNA form; the local part as it is."""
    local, _at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise InvalidInput(_("%(domain)s is not a domain.") % {"domain": domain}) from error


def unstructured(name: str, value: str) -> bytes:
    """The header line of free text, encoded (RFC 2047) and folded where needed."""
    value = clean(value)
    if len(name) + 2 + len(value) <= 78 and _PLAIN.fullmatch(value) and "=?" not in value:
        return f"{name}: {value}\r\n".encode("ascii")
    text = Header(value, "utf-8", header_name=name).encode(linesep="\r\n")
    return f"{name}: {text}\r\n".encode("ascii")


def mailbox(name: str, display: str, address: str) -> bytes:
    """The header line of one mailbox with a display name."""
    display = clean(display)
    if not display:
        return f"{name}: {address}\r\n".encode()
    if not display.isascii() or "=?" in display:
        display = Header(display, "utf-8", header_name=name).encode(linesep="\r\n")
    elif not _ATOMS.fullmatch(display):
        quoted = display.replace("\\", "\\\\").replace('"', '\\"')
        display = f'"{quoted}"'
    return f"{name}: {display}\r\n <{address}>\r\n".encode()


def split_mailbox(text: str) -> tuple[str, str]:
    """(display name, address) of ``Name <address>``; raises ``InvalidInput``."""
    name, address = parseaddr(text)
    if _CONTROL.search(text) or not address_is_valid(address):
        raise InvalidInput(
            _("%(text)s is not a sender such as Name <name@example.com>.") % {"text": text}
        )
    return name, address


def body(text: str, html: str) -> bytes:
    """The MIME head and both parts."""
    return b"".join((_HEAD, _TEXT_PART, _quoted(text), _HTML_PART, _quoted(html), _END))


def _quoted(content: str) -> bytes:
    lines = content.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").replace("\n", "\r\n")
    # A line end in the data makes the encoder break lines with CRLF as well.
    return b2a_qp((lines + "\r\n").encode("utf-8", "replace"), istext=True)
