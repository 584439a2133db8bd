"""Documents out of the formats in which they stand in the world: pages, archives, dumps, books."""
