"""mail bounces, mail pause, mail resume: what an operator does about sending."""

from __future__ import annotations

import argparse

from django.conf import settings

from trellis.cli import database
from trellis.cli.commands import Verbs, report


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare the three acts."""
    acts = verbs.add_parser("mail", help="sending").add_subparsers(metavar="ACT", required=True)
    bounces = acts.add_parser(
        "bounces", parents=[common], help="print the address that takes bounces"
    )
    bounces.set_defaults(run=run_bounces)
    pause = acts.add_parser("pause", parents=[common], help="stop a channel")
    pause.add_argument("channel", nargs="?", default="email")
    pause.add_argument("--reason", default="", help="what the health page shall say")
    pause.set_defaults(run=run_pause)
    resume = acts.add_parser("resume", parents=[common], help="let a channel send again")
    resume.add_argument("channel", nargs="?", default="email")
    resume.set_defaults(run=run_resume)


def run_bounces(args: argparse.Namespace) -> int:
    """Print the secret address that takes delivery reports."""
    database.setup()
    from trellis.messaging import tokens

    url = tokens.bounce_hook_url(settings.TRELLIS_URL)
    report(args, {"url": url}, url)
    return 0


def run_pause(args: argparse.Namespace) -> int:
    """Stop a channel; its messages stay queued."""
    with database.at_hand():
        from trellis.accounts.types import SYSTEM
        from trellis.messaging import actions

        actions.pause_channel(SYSTEM, args.channel, args.reason)
    report(args, {"paused": args.channel}, f"{args.channel} is paused; messages wait.")
    return 0


def run_resume(args: argparse.Namespace) -> int:
    """Let a channel send again."""
    with database.at_hand():
        from trellis.accounts.types import SYSTEM
        from trellis.messaging import actions

        actions.resume_channel(SYSTEM, args.channel)
    report(args, {"resumed": args.channel}, f"{args.channel} sends again.")
    return 0
