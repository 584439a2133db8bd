"""fairseq's own denoising data set, loaded from a checkout without installing fairseq.

SOURCE is a checkout of facebookresearch/fairseq, or a folder with its ``fairseq/data`` files
``denoising_dataset.py`` and ``data_utils.py``: they run as they are, with stand-ins for what they
import but do not use here.
"""

import importlib.util
import sys
import types
from pathlib import Path

import torch


def load(source):
    """Return fairseq's DenoisingDataset class."""
    stand_in("fairseq", utils=None)
    stand_in("fairseq.file_io", PathManager=None)
    stand_in("fairseq.utils")
    sys.modules["fairseq"].utils = sys.modules["fairseq.utils"]
    stand_in("fairseq.data", FairseqDataset=torch.utils.data.Dataset)
    folder = Path(source) / "fairseq" / "data"
    sys.modules["fairseq.data"].__path__ = [str(folder)]
    for name in ("data_utils", "denoising_dataset"):
        spec = importlib.util.spec_from_file_location(f"fairseq.data.{name}", folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        setattr(sys.modules["fairseq.data"], name, module)
    return sys.modules["fairseq.data.denoising_dataset"].DenoisingDataset


def stand_in(name, **attributes):
    """Put an empty module in a module's place."""
    module = types.ModuleType(name)
    for key, value in attributes.items():
        setattr(module, key, value)
    sys.modules[name] = module


class Vocabulary:
    """What the data set asks of a dictionary."""

    def __init__(self, size, bos, eos, pad):
        self.size, self._bos, self._eos, self._pad = size, bos, eos, pad

    def __len__(self):
        return self.size

    def bos(self):
        return self._bos

    def eos(self):
        return self._eos

    def pad(self):
        return self._pad


def denoising(source, rows, *, size, bos, eos, pad, mask, word_starts, fraction, mean_span):
    """Return mBART's data set over `rows`, tensors ``bos ... eos``.

    `word_starts` [size] says of each id whether it begins a word. A sentence ends with `eos`.
    """
    return load(source)(
        rows,
        [len(row) for row in rows],
        Vocabulary(size, bos, eos, pad),
        mask,
        word_starts,
        shuffle=False,
        seed=0,
        mask=fraction,
        mask_random=0.0,
        insert=0.0,
        rotate=0.0,
        permute_sentences=1.0,
        bpe="sentencepiece",
        replace_length=1,
        mask_length="span-poisson",
        poisson_lambda=mean_span,
    )


def collating(source, rows, tokenizer):
    """Return what noises and pads all `rows` once: lists of the ids of each of their sentences."""
    bos, eos, size = tokenizer.cls_token_id, tokenizer.sep_token_id, len(tokenizer)
    starts = torch.zeros(size, dtype=torch.uint8)
    for number in range(size):
        starts[number] = str(tokenizer.convert_ids_to_tokens(number)).startswith("Ġ")
    tensors = [
        torch.tensor([bos, *(number for part in row for number in (*part, eos))]) for row in rows
    ]
    data = denoising(
        source,
        tensors,
        size=size,
        bos=bos,
        eos=eos,
        pad=tokenizer.pad_token_id,
        mask=tokenizer.mask_token_id,
        word_starts=starts,
        fraction=0.35,
        mean_span=3.5,
    )
    return lambda: data.collater([data[number] for number in range(len(tensors))])
