"""`python -m lossopt_core`."""

import sys

from lossopt_core.command_line import main

sys.exit(main())
