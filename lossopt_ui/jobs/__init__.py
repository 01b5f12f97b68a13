"""Trainings and certificates in the background: the queue, turns, and watching them from a page."""
