"""The command line: parse, call, print. No method lives here."""
