"""What the pages share that train an experiment, or a few side by side."""
