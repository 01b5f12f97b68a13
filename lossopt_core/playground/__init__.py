"""The playground: a linear classifier in the plane, trained step by step."""
