"""The page of uploaded data."""
