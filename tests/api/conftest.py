"""A program with a key, and the client it calls with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from trellis.accounts import keys
from trellis.accounts.types import RIGHTS, SYSTEM


class Program:
    """Calls the API with a bearer key, and reads JSON."""

    def __init__(self, token: str) -> None:
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response; ``.json()`` as usual."""
        return self._client.generic(
            method,
            f"/api/v1{path}",
            data=b"" if body is None else _json(body),
            content_type="application/json",
            headers=headers,
        )

    def get(self, path: str) -> Any:
        """GET."""
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST a JSON body."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH a JSON body."""
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.call("DELETE", path)


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.fixture
def program_with(db: None) -> Callable[[Sequence[str]], Program]:
    """Make a program whose key has just these scopes."""

    def make(scopes: Sequence[str]) -> Program:
        _key, token = keys.create(SYSTEM, "api", "Test program", scopes)
        return Program(token)

    return make


@pytest.fixture
def program(program_with: Callable[[Sequence[str]], Program]) -> Program:
    """A program that may do everything."""
    return program_with(sorted(RIGHTS))
