"""A linear classifier in the plane, trained step by step: points, features, model, picture."""
