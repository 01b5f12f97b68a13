"""Guided lessons: their texts, and the checks that tell whether a step is done."""
