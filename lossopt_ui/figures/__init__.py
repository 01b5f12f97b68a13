"""Sends figures to the browser and keeps their view; the time slider."""
