"""What a visitor has chosen: the options of every page, widgets for them, and the address."""
