"""Damaged text mended, and one spelling for one text."""
