"""Relative times in filters: yesterday, last hour, last 3 days, this week, 2 hours ago."""

import re
from datetime import datetime, timedelta

LENGTHS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
_UNIT = rf"(?:{'|'.join(LENGTHS)})s?"
RELATIVE = (
    rf"today|yesterday|this\s+(?:week|month)|(?:last|past)\s+(?:\d{{1,5}}\s+)?{_UNIT}"
    rf"|\d{{1,5}}\s+{_UNIT}\s+ago"
)
"""A regular expression of all relative times."""


def interval(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The start and the end of a relative time, or None if the text is not one.

    Days begin at midnight in the time zone of `now`, and weeks on Monday.  "Last 3 days" are the
    72 hours up to now, and a month is 30 days.  "2 days ago" is that whole day, "2 hours ago" that
    minute.
    """
    words = " ".join(text.casefold().split())
    if re.fullmatch(RELATIVE, words) is None:
        return None
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = LENGTHS["day"]
    starts = {
        "today": today,
        "yesterday": today - day,
        "this week": today - today.weekday() * day,
        "this month": today.replace(day=1),
    }
    if words in starts:
        return starts[words], starts[words] + day if "day" in words else _end(now)
    first, *_, unit = words.removesuffix(" ago").split()
    count = re.search(r"\d+", words)
    span = (int(count[0]) if count else 1) * LENGTHS[unit.rstrip("s")]
    if first in ("last", "past"):
        return now - span, _end(now)
    if LENGTHS[unit.rstrip("s")] < day:
        return now - span, now - span + LENGTHS["minute"]
    return today - span, today - span + day


def _end(now: datetime) -> datetime:
    """The end of a time that lasts until now: later, so that runs saved meanwhile belong to it."""
    return now + LENGTHS["day"]
