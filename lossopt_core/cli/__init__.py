"""The command line: `python -m lossopt_core`."""
