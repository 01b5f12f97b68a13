"""The shell around the pages: which requests the server answers, and how."""
