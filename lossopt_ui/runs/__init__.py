"""The compare page: finding runs, comparing them, exporting them."""
