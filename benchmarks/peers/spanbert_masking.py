"""SpanBERT's own span masking, loaded from a checkout of facebookresearch/SpanBERT as it is."""

import contextlib
import importlib.util
import io
import sys
import types
from pathlib import Path

import numpy as np
import torch
from peers.fairseq_noise import stand_in


def load(source):
    """Return SpanBERT's module of masking schemes, with stand-ins for what is not used here."""
    package = "spanbert_data"
    stand_in(package, data_utils=None, FairseqDataset=object)
    path = Path(source) / "pretraining" / "fairseq" / "data" / "masking.py"
    spec = importlib.util.spec_from_file_location(f"{package}.masking", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def collating(source, rows, tokenizer):
    """Return what masks and pads all `rows`, lists of ids, once."""
    module = load(source)
    starts = {
        number
        for number in range(len(tokenizer))
        if str(tokenizer.convert_ids_to_tokens(number)).startswith("Ġ")
    }
    words = module.ParagraphInfo(types.SimpleNamespace(is_start_word=starts.__contains__))
    settings = types.SimpleNamespace(
        mask_ratio=0.15,
        span_lower=1,
        span_upper=10,
        geometric_p=0.2,
        tagged_anchor_prob=0.0,
        max_pair_targets=10,
        replacement_method="word_piece",
        endpoints="external",
        return_only_spans=True,
    )
    pad, mask = tokenizer.pad_token_id, tokenizer.mask_token_id
    with contextlib.redirect_stdout(io.StringIO()):
        scheme = module.PairWithSpanMaskingScheme(
            settings, list(range(len(tokenizer))), pad, mask, words
        )
    given = [np.asarray(row) for row in rows]

    def run():
        masked = [scheme.mask(row) for row in given]
        ids = torch.from_numpy(np.stack([sentence for sentence, *_ in masked]))
        return ids, torch.from_numpy(np.stack([target for _, target, _ in masked]))

    return run
