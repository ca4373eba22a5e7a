"""Asking for background work in the caller's transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def enqueue(task: str, *, once: str = "", **args: Any) -> bool:
    """Ask for the task of that name to run after the transaction commits.

    With ``once``, nothing is added while a job of that lock still waits to start; returns
    whether a job was added.
    """
    lock = once or None
    try:
        with transaction.atomic():
            app.configure_task(task, lock=lock, queueing_lock=lock).defer(**args)
    except AlreadyEnqueued:
        return False
    return True
