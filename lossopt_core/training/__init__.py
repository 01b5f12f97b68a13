"""From experiments to runs: cohorts, minibatches, the training loop, time and memory estimates."""
