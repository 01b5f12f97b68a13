"""The page inside one run."""
