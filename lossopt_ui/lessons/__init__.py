"""Guided lessons: their texts, and what counts as done."""
