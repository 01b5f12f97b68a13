"""How a figure gets to the browser and keeps its view; the slider through time."""
