"""The playground page: a classifier in two dimensions, trained step by step."""
