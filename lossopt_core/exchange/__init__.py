"""Runs for other programs, and what other programs measured for us.

files           a file that somebody brings to a table
arrangements    the tables of other programs as ours are: a row a step
curves          a table to curves that stand beside our runs
tidy            our own tables to experiments with their curves
archive         runs whole, as one file to keep
tensorboard, mlflow    runs as these programs keep them
"""

from lossopt_core.exchange.arrangements import Suggestion as Suggestion
from lossopt_core.exchange.arrangements import read_table as read_table
from lossopt_core.exchange.arrangements import suggest as suggest
from lossopt_core.exchange.curves import to_foreign as to_foreign
from lossopt_core.exchange.tidy import Imported as Imported
from lossopt_core.exchange.tidy import is_tidy as is_tidy
from lossopt_core.exchange.tidy import read_tidy as read_tidy
