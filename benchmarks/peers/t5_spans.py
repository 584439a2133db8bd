"""T5's own span corruption, timed on request: run in an environment that has TensorFlow.

    python t5_spans.py SOURCE ROWS.json

SOURCE is a checkout of google-research/text-to-text-transfer-transformer. Of its
``t5/data/preprocessors.py`` the functions of span corruption run as they are, compiled into a
``tf.data`` pipeline with one thread that pads batches. ROWS holds lists of ids of one length, the
batch's size, the vocabulary's size, the share hidden and the mean span. For every line on standard
input, all rows are read once, and the seconds that it took are printed.
"""

import ast
import functools
import json
import sys
import time
import types
from pathlib import Path

import tensorflow as tf

WANTED = {
    "random_spans_noise_mask",
    "noise_span_to_unique_sentinel",
    "nonnoise_span_to_unique_sentinel",
    "sentinel_id",
}


def shuffle(value, seed):
    """Shuffle as seqio does, which is not installed here."""
    order = tf.argsort(tf.random.stateless_uniform(tf.shape(value), seed=seed))
    return tf.gather(value, order)


def load(source):
    """Return the published functions by name."""
    text = (Path(source) / "t5" / "data" / "preprocessors.py").read_text(encoding="utf-8")
    seqio = types.SimpleNamespace(stateless_shuffle=shuffle)
    names = {"tf": tf, "seqio": seqio, "functools": functools}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name in WANTED:
            node.decorator_list = []
            exec(compile(ast.Module([node], []), "preprocessors.py", "exec"), names)
    return names


def pipeline(functions, told):
    """Return a data set of padded batches of inputs and targets."""
    vocabulary = types.SimpleNamespace(vocab_size=told["vocabulary"])

    def denoise(number, ids):
        seeds = tf.unstack(tf.random.experimental.stateless_split([number, 1], 2))
        mask = functions["random_spans_noise_mask"](
            tf.size(ids), told["density"], seeds, told["mean"]
        )
        inputs = functions["noise_span_to_unique_sentinel"](ids, mask, vocabulary, None)
        targets = functions["nonnoise_span_to_unique_sentinel"](ids, mask, vocabulary, None)
        return inputs, targets

    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    rows = tf.data.Dataset.from_tensor_slices(tf.constant(told["rows"], tf.int32))
    numbered = tf.data.Dataset.zip((tf.data.Dataset.range(len(told["rows"])), rows))
    made = numbered.map(lambda number, ids: denoise(tf.cast(number, tf.int32), ids))
    return made.padded_batch(told["batch"]).with_options(options)


def main():
    """Answer each line with the seconds of one pass."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    told = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    data = pipeline(load(sys.argv[1]), told)
    for _ in sys.stdin:
        start = time.process_time()
        count = sum(1 for _ in data)
        assert count == len(told["rows"]) // told["batch"]
        print(time.process_time() - start, flush=True)


if __name__ == "__main__":
    main()
