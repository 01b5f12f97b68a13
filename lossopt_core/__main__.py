"""`python -m lossopt_core`."""

import sys

from lossopt_core.cli.main import main

sys.exit(main())
