"""What a corpus says more than once."""
