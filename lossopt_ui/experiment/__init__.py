"""Shared parts of the pages that train one experiment, or several side by side."""
