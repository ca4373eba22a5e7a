"""`python -m bench NAME [--small] [--json]`: run one benchmark and print its figures."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable

import bench
from bench.base import Result

NOT_BENCHMARKS = {"__main__", "base", "company", "data"}


def names() -> list[str]:
    """The benchmarks there are: modules of this folder with ``run(small)`` that gives results."""
    found = (module.name for module in pkgutil.iter_modules(bench.__path__))
    return sorted(
        name for name in found if name not in NOT_BENCHMARKS and not name.startswith("_")
    )


def main() -> int:
    """Run the benchmark named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--small", action="store_true", help="a quick run on little data")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    options = parser.parse_args()
    module = importlib.import_module(f"bench.{options.name}")
    results: Iterable[Result] = module.run(options.small)
    for result in results:
        print(json.dumps(result.data()) if options.json else result.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
