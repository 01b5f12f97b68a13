"""Export and import: formats of other programs, archives, share links and scripts.

arrangements    tables of other programs in long format, one row per step
meaning         guesses of what the columns mean
curves          tables to imported curves
describing      what a file was read as
tidy            lossopt's own tables to experiments with their histories
archive         complete runs in one file
sharing         runs in a URL
scripts         runs as Python scripts
tensorboard, mlflow    runs in the formats of these programs
"""

from lossopt_core.exchange.arrangements import Log as Log
from lossopt_core.exchange.arrangements import read_log as read_log
from lossopt_core.exchange.curves import Curves as Curves
from lossopt_core.exchange.curves import curves_of as curves_of
from lossopt_core.exchange.meaning import Meaning as Meaning
from lossopt_core.exchange.meaning import suggest as suggest
from lossopt_core.exchange.tidy import Imported as Imported
from lossopt_core.exchange.tidy import is_tidy as is_tidy
from lossopt_core.exchange.tidy import read_tidy as read_tidy
