"""The cards of the lecture page: one module per card, named as in `CARDS`."""
