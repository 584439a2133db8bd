"""People and evaluation sets kept out of a corpus."""
