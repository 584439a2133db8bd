"""What a corpus holds, told to people and programs."""
