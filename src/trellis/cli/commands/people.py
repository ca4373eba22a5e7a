"""user add and key add: who may log in, and which programs may call."""

from __future__ import annotations

import argparse
import getpass
import sys

from trellis.cli import database
from trellis.cli.commands import Verbs, report
from trellis.core import ids

_RANDOM = "random"


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare user add and key add."""
    user = verbs.add_parser("user", help="members of staff").add_subparsers(
        metavar="ACT", required=True
    )
    one = user.add_parser("add", parents=[common], help="add a member of staff")
    one.add_argument("email")
    one.add_argument("--name", default="")
    one.add_argument("--role", default="marketer", help="admin, marketer, supervisor, …")
    one.add_argument(
        "--password",
        choices=["ask", "stdin", _RANDOM],
        default=_RANDOM,
        help="where the password comes from; a random one is printed",
    )
    one.set_defaults(run=run_user)
    key = verbs.add_parser("key", help="keys of programs").add_subparsers(
        metavar="ACT", required=True
    )
    other = key.add_parser("add", parents=[common], help="make a write key or an API key")
    other.add_argument("name")
    other.add_argument("--kind", choices=["write", "api"], default="write")
    other.add_argument(
        "--scope", action="append", default=[], metavar="RIGHT", help="a right of an API key"
    )
    other.set_defaults(run=run_key)


def run_user(args: argparse.Namespace) -> int:
    """Add a user; a random password is printed once."""
    password = _password(args.password)
    with database.at_hand():
        from trellis.accounts import actions
        from trellis.accounts.types import SYSTEM

        user = actions.add_user(
            SYSTEM, args.email, name=args.name, role=args.role, password=password
        )
    shown = {"password": password} if args.password == _RANDOM else {}
    lines = [f"{user.email} was added as {user.role}."]
    lines += [f"Password: {password} (shown only now)"] if shown else []
    report(args, {"id": user.pk, "email": user.email, "role": user.role, **shown}, *lines)
    return 0


def run_key(args: argparse.Namespace) -> int:
    """Make a key; the token of an API key is printed once."""
    with database.at_hand():
        from trellis.accounts import keys
        from trellis.accounts.types import SYSTEM

        key, token = keys.create(SYSTEM, args.kind, args.name, args.scope)
    report(
        args,
        {"id": key.pk, "kind": key.kind, "token": token, "scopes": key.scopes},
        token,
        *(["This token is shown only now."] if args.kind == "api" else []),
    )
    return 0


def _password(source: str) -> str:
    if source == "ask":
        return getpass.getpass("Password: ")
    if source == "stdin":
        return sys.stdin.readline().rstrip("\n")
    return ids.new_token(12)
