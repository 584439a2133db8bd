import numpy as np
import pytest
from datasets import Dataset


def make_rows(count, language="yor_Latn", longest=200, seed=0):
    lengths = np.random.default_rng(seed).integers(1, longest, count)
    return Dataset.from_dict(
        {
            "id": [f"{language}-{index}" for index in range(count)],
            "language": [language] * count,
            "text": ["ọ" * int(length) for length in lengths],
            "source": ["made"] * count,
            "license": ["CC0-1.0"] * count,
        }
    )


@pytest.fixture
def rows():
    return make_rows
