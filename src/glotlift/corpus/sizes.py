"""How long the rows' texts are."""

import numpy as np
import pyarrow.compute as pc
from datasets import Dataset
from numpy.typing import NDArray

BATCH_ROWS = 10_000


def text_bytes(rows: Dataset) -> NDArray[np.int64]:
    """Return the UTF-8 bytes of each row's text, [rows]."""
    batches = rows.select_columns(["text"]).with_format("arrow").iter(BATCH_ROWS)
    sizes = [pc.binary_length(batch["text"]).to_numpy() for batch in batches]
    return np.concatenate([*sizes, np.empty(0)]).astype(np.int64)
