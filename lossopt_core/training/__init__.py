"""Training: cohorts, minibatches, the training loop, and estimates of time and memory."""
