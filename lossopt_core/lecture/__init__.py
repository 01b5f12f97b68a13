"""Computations behind the slides of CS231n's lecture 3, one module per topic."""
