"""The comparison of `corpus_speed.py` in datatrove: run there, in datatrove's own environment.

    python datatrove_corpus.py INPUT OUTPUT WORKERS {cheap,default}

Reads JSON lines, identifies languages, filters by Gopher's rules, finds near duplicates by MinHash,
writes JSON lines. ``cheap`` gives datatrove a regular expression for words and switches off the
rules made for English (stop words, mean word length); ``default`` changes nothing. The identifier
is glotlift's in both, in batches.
"""

import sys
from pathlib import Path

import regex
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
from datatrove.pipeline.filters import GopherQualityFilter
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.word_tokenizers import WordTokenizer

# One sign of Chinese and Japanese counts as a word: otherwise the rule of fifty words drops them.
WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|\w+")


class Words(WordTokenizer):
    """Words by a regular expression, in any language."""

    def word_tokenize(self, text):
        return WORD.findall(text)

    def sent_tokenize(self, text):
        return text.splitlines()

    def span_tokenize(self, text):
        return [(0, len(text))]


class Identify(BaseFilter):
    """Label documents with glotlift's bundled identifier."""

    name = "identify"

    def __init__(self):
        super().__init__(batch_size=500)
        self.identifier = None

    def filter(self, doc):
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch):
        if self.identifier is None:
            from glotlift.languages.identification import bundled

            self.identifier = bundled()
        guesses = self.identifier.identify([doc.text for doc in batch])
        for doc, guess in zip(batch, guesses, strict=True):
            doc.metadata["language"] = guess.language
        return [guess.language != "und" for guess in guesses]


def run(source, output, workers, tasks, cheap):
    """Run the five steps, each over `tasks` files or buckets."""
    words = {"language": Words()} if cheap else {}
    rules = (
        {"min_stop_words": 0, "min_avg_word_length": None, "max_avg_word_length": None}
        if cheap
        else {}
    )
    config = MinhashConfig()

    def step(name, pipeline, tasks):
        LocalPipelineExecutor(
            pipeline,
            tasks=tasks,
            workers=workers,
            logging_dir=f"{output}/logs/{name}",
            start_method="spawn",
        ).run()

    step(
        "filter",
        [
            JsonlReader(source),
            Identify(),
            GopherQualityFilter(**rules, **words),
            JsonlWriter(f"{output}/filtered"),
        ],
        tasks,
    )
    reader = JsonlReader(f"{output}/filtered")
    signatures = MinhashDedupSignature(f"{output}/signatures", config=config, **words)
    step("signatures", [reader, signatures], tasks)
    buckets = MinhashDedupBuckets(f"{output}/signatures", f"{output}/buckets", config=config)
    step("buckets", [buckets], config.num_buckets)
    cluster = MinhashDedupCluster(f"{output}/buckets", f"{output}/remove", config=config)
    step("cluster", [cluster], 1)
    keep = MinhashDedupFilter(f"{output}/remove")
    step("write", [reader, keep, JsonlWriter(f"{output}/data")], tasks)


if __name__ == "__main__":
    source, output, workers, variant = sys.argv[1:]
    files = len(list(Path(source).glob("*.jsonl")))
    run(source, output, int(workers), files, variant == "cheap")
