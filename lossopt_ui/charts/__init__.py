"""Charts: pure functions from tables and arrays to plotly figures.  No Streamlit here."""
