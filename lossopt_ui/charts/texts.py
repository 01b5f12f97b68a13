"""Escaping of user text in charts: plotly interprets text as markup."""

import html
from collections.abc import Iterable


def plain(text: object) -> str:
    """Escape a text so that plotly shows it unchanged."""
    return html.escape(str(text), quote=False)


def all_plain(texts: Iterable[object]) -> list[str]:
    """Escape each of the texts."""
    return [plain(each) for each in texts]
