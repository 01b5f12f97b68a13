"""Charts: pure functions from tables and arrays to plotly figures.  No Streamlit here."""

import plotly.io

# The browser applies its own template.  Plotly would copy and validate its default template in
# every figure, which takes as long as building the rest of the figure.
plotly.io.templates.default = None
