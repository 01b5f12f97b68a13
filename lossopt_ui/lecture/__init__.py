"""The cards of the lecture page: one module a card, named as in `words.CARDS`."""
