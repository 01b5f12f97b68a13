"""Losses, regularizers and the linear model: values, gradients and duals."""
