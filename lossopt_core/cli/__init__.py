"""What the commands of `python -m lossopt_core` do."""
