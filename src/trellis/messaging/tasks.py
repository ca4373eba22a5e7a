"""Jobs of messages."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="messaging.mail_notices", queueing_lock=None, pass_context=False)
def mail_notices() -> None:
    """Send the mail of notices that waits."""
    from trellis.messaging.notices import mail_waiting

    while mail_waiting():
        pass
