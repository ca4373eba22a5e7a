"""Settings are data: every environment variable Trellis reads, with its default and help.

The table is also the reference page. A bad value fails at start, in a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trellis.core.errors import TrellisError


class SettingError(TrellisError):
    """A setting has a value that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One environment variable. ``X_FILE`` may name a file that holds the value of ``X``."""

    name: str
    kind: Literal["text", "bool", "int", "list", "path"]
    default: str
    help: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="DATABASE_URL",
        kind="text",
        default="",
        help="PostgreSQL 16 or newer to use. Empty: Trellis starts its own in the data folder.",
    ),
    Setting(
        name="TRELLIS_DATA",
        kind="path",
        default="data",
        help="Folder for the embedded database, uploads, spool and the secret key.",
    ),
    Setting(
        name="TRELLIS_HOST",
        kind="text",
        default="127.0.0.1",
        help="Address the web process listens on.",
    ),
    Setting(
        name="TRELLIS_PORT", kind="int", default="8800", help="Port the web process listens on."
    ),
    Setting(
        name="TRELLIS_URL",
        kind="text",
        default="",
        help="Public address, used in links of messages. Empty: http://host:port.",
    ),
    Setting(
        name="TRELLIS_PROXIES",
        kind="list",
        default="127.0.0.1",
        help="Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed.",
    ),
    Setting(
        name="TRELLIS_ADMIN_EMAIL",
        kind="text",
        default="admin@localhost",
        help="Login of the first administrator, made at the first start.",
    ),
    Setting(
        name="TRELLIS_METRICS_TOKEN",
        kind="text",
        default="",
        help="Bearer token that /metrics asks for. Empty: open to whoever reaches the port.",
    ),
    Setting(
        name="TRELLIS_MIN_FREE_MB",
        kind="int",
        default="300",
        help="Free megabytes the data folder's disk must have at start.",
    ),
    Setting(
        name="TRELLIS_SECRET_KEY",
        kind="text",
        default="",
        help="Secret for signatures. Empty: made at first start and kept in the data folder.",
    ),
    Setting(
        name="TRELLIS_SANDBOX",
        kind="bool",
        default="false",
        help="Sandbox: messages go to the trap and the clock can be moved. Never for real leads.",
    ),
    Setting(
        name="TRELLIS_DEBUG",
        kind="bool",
        default="false",
        help="Show error details in the browser. Never in production.",
    ),
    Setting(
        name="TRELLIS_TIME_ZONE",
        kind="text",
        default="UTC",
        help="IANA zone of the organisation: days of signals and reports, default for contacts.",
    ),
    Setting(
        name="TRELLIS_LANGUAGE",
        kind="text",
        default="en",
        help="Language where neither user nor browser says one.",
    ),
    Setting(
        name="TRELLIS_ALLOWED_HOSTS",
        kind="list",
        default="",
        help="Host names the web process answers to, comma separated. Empty: those of TRELLIS_URL and loopback.",
    ),
    Setting(
        name="TRELLIS_SMTP_URL",
        kind="text",
        default="",
        help="Mail server: smtp://user:password@host:port, smtps:// for TLS, smtp+starttls://.",
    ),
    Setting(
        name="TRELLIS_MAIL_FROM",
        kind="text",
        default="Trellis <trellis@localhost>",
        help="Sender where a template names none.",
    ),
    Setting(
        name="TRELLIS_CONSENT",
        kind="text",
        default="explicit",
        help="explicit: marketing needs a recorded consent; implied: it may be sent until withdrawn.",
    ),
    Setting(
        name="TRELLIS_EVENT_MONTHS",
        kind="int",
        default="25",
        help="Months of events kept; older partitions are dropped.",
    ),
    Setting(
        name="TRELLIS_ANONYMOUS_DAYS",
        kind="int",
        default="90",
        help="Days after which visitors never identified are purged.",
    ),
    Setting(
        name="TRELLIS_SCORE_DAYS",
        kind="int",
        default="730",
        help="Days for which each day's scores are kept; of the time before, only the last.",
    ),
    Setting(
        name="TRELLIS_PLACES",
        kind="text",
        default="",
        help="A file in MMDB format that tells the country and city of a network address."
        " Empty: nobody is located. The address itself is never kept.",
    ),
    Setting(
        name="TRELLIS_PLACES_BASIS",
        kind="text",
        default="",
        help="Legal basis for TRELLIS_PLACES: consent (to tracking) or legitimate_interest.",
    ),
    Setting(
        name="TRELLIS_LOG_LEVEL",
        kind="text",
        default="info",
        help="debug, info, warning or error.",
    ),
)


class Env:
    """Typed access to ``SETTINGS`` over an environment mapping."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._known = {setting.name: setting for setting in SETTINGS}

    def text(self, name: str) -> str:
        """The value as text, from ``NAME``, the file ``NAME_FILE`` points to, or the default."""
        setting = self._known[name]
        if file := self._environ.get(f"{name}_FILE"):
            try:
                return Path(file).read_text("utf-8").strip()
            except OSError as error:
                raise SettingError(
                    f"{name}_FILE: cannot read {file}: {error.strerror}"
                ) from error
        return self._environ.get(name, setting.default).strip()

    def bool(self, name: str) -> bool:
        """true/false, yes/no, on/off, 1/0; anything else is an error."""
        value = self.text(name).lower()
        if value in {"true", "yes", "on", "1"}:
            return True
        if value in {"false", "no", "off", "0", ""}:
            return False
        raise SettingError(f"{name} must be true or false, not {value!r}")

    def int(self, name: str) -> int:
        """A whole number."""
        value = self.text(name)
        try:
            return int(value)
        except ValueError:
            raise SettingError(f"{name} must be a whole number, not {value!r}") from None

    def list(self, name: str) -> list[str]:
        """Comma-separated items, blanks dropped."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of ``allowed``, in any case."""
        value = self.text(name).lower()
        if value not in allowed:
            raise SettingError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def places(self) -> tuple[str, str]:
        """The file that locates visitors, and the legal basis to do so; both or none."""
        file, basis = self.text("TRELLIS_PLACES"), self.text("TRELLIS_PLACES_BASIS")
        if not file:
            return "", ""
        if not Path(file).is_file():
            raise SettingError(f"TRELLIS_PLACES: there is no file {file}")
        if basis not in ("consent", "legitimate_interest"):
            raise SettingError(
                "TRELLIS_PLACES needs TRELLIS_PLACES_BASIS: consent or legitimate_interest"
            )
        return file, basis

    def zone(self, name: str) -> str:
        """The name of an IANA time zone."""
        value = self.text(name)
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingError(
                f"{name} must be an IANA time zone like Europe/Madrid, not {value!r}"
            ) from None

    def path(self, name: str) -> Path:
        """An absolute path; a relative one counts from the current folder."""
        return Path(self.text(name)).expanduser().resolve()
