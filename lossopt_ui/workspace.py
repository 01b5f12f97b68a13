"""Where the runs are kept, and whose they are."""

from lossopt_core import RunStore

LOCAL = "local"


def store() -> RunStore:
    """The store of this visitor's runs: `LOSSOPT_STORE`, or SQLite in `data/`."""
    return RunStore(workspace=LOCAL)
