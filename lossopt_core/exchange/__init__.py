"""Export and import: formats of other programs, archives, share links and scripts.

arrangements    tables of other programs in long format, one row per step
curves          tables to imported curves
tidy            lossopt's own tables to experiments with their histories
archive         complete runs in one file
sharing         runs in a URL
scripts         runs as Python scripts
tensorboard, mlflow    runs in the formats of these programs
"""

from lossopt_core.exchange.arrangements import Suggestion as Suggestion
from lossopt_core.exchange.arrangements import read_table as read_table
from lossopt_core.exchange.arrangements import suggest as suggest
from lossopt_core.exchange.curves import to_foreign as to_foreign
from lossopt_core.exchange.tidy import Imported as Imported
from lossopt_core.exchange.tidy import is_tidy as is_tidy
from lossopt_core.exchange.tidy import read_tidy as read_tidy
