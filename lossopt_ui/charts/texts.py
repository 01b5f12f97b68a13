"""Names that people give, in charts: plotly takes texts for markup."""

import html
from collections.abc import Iterable


def plain(text: object) -> str:
    """The text as it is: no sign in it means anything."""
    return html.escape(str(text), quote=False)


def all_plain(texts: Iterable[object]) -> list[str]:
    """Each of them as it is."""
    return [plain(each) for each in texts]
