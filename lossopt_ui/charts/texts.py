"""Texts in charts: escaping, since plotly interprets text as markup, and lines below a title."""

import html
from collections.abc import Iterable


def plain(text: object) -> str:
    """Escape a text so that plotly shows it unchanged."""
    return html.escape(str(text), quote=False)


def all_plain(texts: Iterable[object]) -> list[str]:
    """Escape each of the texts."""
    return [plain(each) for each in texts]


def second_line(text: str) -> str:
    """A smaller line below a title; nothing for no text."""
    return f"<br><span style='font-size:12px; font-weight:normal'>{text}</span>" if text else ""
