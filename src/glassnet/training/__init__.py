"""Training: the order of the examples, the loop over epochs, and what is measured."""
