"""What a trained network is made of, and what it computes for one input."""
