"""Registries of losses, regularizers, optimizers, schedules and data sets, with plug-ins."""
