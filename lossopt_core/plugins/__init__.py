"""Registries of losses, regularizers, optimizers, schedules and data sets, and their plug-ins."""
