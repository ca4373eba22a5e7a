"""One file per verb or pair of verbs: ``add(verbs, common)`` declares, ``run`` does."""

from __future__ import annotations

import argparse
import json
from typing import Any, TypeAlias

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def report(args: argparse.Namespace, data: dict[str, Any], *lines: str) -> None:
    """Print the outcome: ``data`` for programs, ``lines`` for people."""
    if args.json:
        print(json.dumps(data, default=str), flush=True)
        return
    for line in lines:
        print(line, flush=True)
