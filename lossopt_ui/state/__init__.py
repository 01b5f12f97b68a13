"""The visitor's choices: options of every page, their widgets, and the address."""
