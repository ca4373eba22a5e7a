"""What tests of imports share."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trellis.accounts.types import SYSTEM
from trellis.capture.imports import actions
from trellis.capture.models import Import

Upload = Callable[..., Import]


@pytest.fixture
def upload(db: None, settings: Any, tmp_path: Path) -> Upload:
    """Takes a file's text (or bytes) in, as the system."""
    settings.TRELLIS_DATA = tmp_path

    def take(text: str | bytes, name: str = "Fair") -> Import:
        data = text if isinstance(text, bytes) else text.encode()
        return actions.create(SYSTEM, name, io.BytesIO(data))

    return take
