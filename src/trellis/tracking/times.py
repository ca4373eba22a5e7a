"""Times of clients: read in any usual form, corrected for clocks that are wrong."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(value: str | float) -> float:
    """UTC seconds of an ISO 8601 text, or of a number of seconds or milliseconds.

    A time without a zone is UTC. Raises ``ValueError`` for anything else.
    """
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            return _number(float(value))
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return at.timestamp()
    return _number(float(value))


def _number(value: float) -> float:
    if not -1e15 < value < 1e15:
        raise ValueError("not a time")
    return value / 1000 if abs(value) >= 1e11 else value


def corrected(said: float, sent: float | None, received: float) -> float:
    """When it happened by our clock: ``received − (sent − said)``, never in the future.

    Both ``said`` and ``sent`` were read from the client's clock, so its error cancels out.
    """
    at = said if sent is None else received - (sent - said)
    return min(at, received)
