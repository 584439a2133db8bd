"""The row selection of lm-vocab-trimmer, timed inside its own code: run by `trimming_speed.py`.

    python lm_trimmer.py SOURCE CHECKPOINT KEPT EVERY

SOURCE is a checkout of asahi417/lm-vocab-trimmer (or the unpacked vocabtrimmer of PyPI), CHECKPOINT
a folder with a model and its tokenizer, KEPT a JSON file with the pieces and ids that its miner
would have found. ``VocabTrimmer.trim_vocab`` runs as it is, but that the miner returns KEPT and
that its loop over the vocabulary, which looks every piece up in a list, sees one piece of EVERY.
Prints the seconds of that loop and how many pieces it saw and took.
"""

import importlib.util
import json
import sys
import tempfile
import time
import types
from pathlib import Path

import huggingface_hub

TIMES = {}


def timed(pieces):
    """Stand in for tqdm: yield one piece of EVERY and note how long the loop over them takes."""
    chosen = pieces[:: int(sys.argv[4])]
    TIMES["seen"] = len(chosen)
    start = time.perf_counter(), time.process_time()
    yield from chosen
    TIMES["seconds"] = time.perf_counter() - start[0]
    TIMES["processor_seconds"] = time.process_time() - start[1]


def loaded(folder):
    """Import base_trimmer without what only downloading and uploading need."""
    if not hasattr(huggingface_hub, "Repository"):
        huggingface_hub.Repository = None
    package = types.ModuleType("vocabtrimmer")
    package.__path__ = [str(folder)]
    sys.modules["vocabtrimmer"] = package
    miner = types.ModuleType("vocabtrimmer.vocab_miner")
    miner.vocab_miner = lambda **_: json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
    sys.modules["vocabtrimmer.vocab_miner"] = miner
    spec = importlib.util.spec_from_file_location(
        "vocabtrimmer.base_trimmer", folder / "base_trimmer.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["vocabtrimmer.base_trimmer"] = module
    spec.loader.exec_module(module)
    module.tqdm = timed
    return module


def main():
    """Trim, and print the loop's time, also where a later step of the old code breaks."""
    answer, sys.stdout = sys.stdout, sys.stderr
    trimmer = loaded(Path(sys.argv[1]) / "vocabtrimmer").VocabTrimmer(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        try:
            trimmer.trim_vocab(language="en", path_to_save=folder)
        except Exception as error:
            print(f"after the loop: {type(error).__name__}: {error}", file=sys.stderr)
            TIMES["broke"] = f"{type(error).__name__}: {error}"[:160]
    print(json.dumps(TIMES), file=answer)


if __name__ == "__main__":
    main()
