"""What trained topics share: loading, the sharded backward pass, evaluation, state, metrics."""
