"""The code points that may be characters: tables over them are built five times faster."""

# Above lie planes without characters, tags and variation selectors, and planes for private use
# (Unicode 17, Blocks.txt).
ASSIGNED = (*range(0x33480), *range(0xE0000, 0xE0200))
