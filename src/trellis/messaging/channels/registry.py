"""The channels there are: one folder each, which you can copy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trellis.core.errors import InvalidInput
from trellis.messaging.channels import email
from trellis.messaging.types import Channel

CHANNELS: Mapping[str, Channel] = MappingProxyType({"email": email.CHANNEL})


def channel(kind: str) -> Channel:
    """The channel called ``kind``; raises ``InvalidInput`` where there is none."""
    try:
        return CHANNELS[kind]
    except KeyError:
        raise InvalidInput(f"There is no channel {kind!r}.") from None
