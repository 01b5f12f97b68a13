"""`python -m lossopt_ui.config [--write]`: print the table of settings or update the docs."""

import sys
from pathlib import Path

from lossopt_ui.config import table

PAGE = Path(__file__).parents[2] / "docs" / "hosting.md"


def main(arguments: list[str]) -> int:
    """Print the table, or with --write update it in docs/hosting.md."""
    if arguments not in ([], ["--write"]):
        print("usage: python -m lossopt_ui.config [--write]", file=sys.stderr)
        return 2
    if arguments:
        print(f"{PAGE} {'updated' if table.update(PAGE) else 'is up to date'}")
    else:
        print(table.tables())
    return 0


sys.exit(main(sys.argv[1:]))
