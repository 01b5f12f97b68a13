"""`python -m lossopt_ui.config [--write]`: the table of settings, printed or put into the docs."""

import sys
from pathlib import Path

from lossopt_ui.config import table

PAGE = Path(__file__).parents[2] / "docs" / "hosting.md"


def main(arguments: list[str]) -> int:
    """Print the table; with --write put it into docs/hosting.md."""
    if arguments not in ([], ["--write"]):
        print("usage: python -m lossopt_ui.config [--write]", file=sys.stderr)
        return 2
    if arguments:
        print(f"{PAGE} {'was changed' if table.put_into(PAGE) else 'is as it should be'}")
    else:
        print(table.tables())
    return 0


sys.exit(main(sys.argv[1:]))
