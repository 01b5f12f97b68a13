"""Charts: pure functions from tables and arrays to plotly figures.  No Streamlit here."""

import plotly.io

# What draws a figure brings a template of its own.  Plotly's would be copied into every figure
# and checked, which takes as long as all the rest of it.
plotly.io.templates.default = None
