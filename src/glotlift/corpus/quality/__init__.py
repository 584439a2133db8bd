"""What is usual for text of a language, and what is far from it."""
