"""The kinds of sources: one row per folder in ``sources``. No source knows another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trellis.enrichment.sources import email_check, phone_check, webhook
from trellis.enrichment.types import Kind

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.key: kind for kind in (webhook.KIND, email_check.KIND, phone_check.KIND)}
)
