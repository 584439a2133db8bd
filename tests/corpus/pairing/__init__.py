"""Tests of parallel text: alignment, filters, files."""
