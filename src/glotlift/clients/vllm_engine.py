"""A model in this process, run by vLLM (the extra `vllm`; Linux with an accelerator)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.pairs import tokenise_pairs
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message, Scores


class VllmModel:
    """A `Generator`, `Talker` and `Scorer`; vLLM batches and shares prefixes itself.

    `settings` go to ``vllm.LLM``. Raises GL-CLIENT-016 where vLLM is not installed.
    """

    def __init__(self, folder: Path, tokenizer: Any, **settings: Any) -> None:
        try:
            import vllm
        except ImportError:
            raise GlotliftError(
                "GL-CLIENT-016", "vLLM is not installed", fix="pip install 'glotlift[vllm]'"
            ) from None
        self.tokenizer, self.sampling = tokenizer, vllm.SamplingParams
        self.engine = vllm.LLM(model=str(folder), **settings)

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()
    ) -> list[str]:
        """Continue each prompt greedily, up to the end token, a stop string or the limit."""
        greedy = self.sampling(temperature=0, max_tokens=max_new_tokens, stop=list(stop))
        written = self.engine.generate(list(prompts), greedy, use_tqdm=False)
        return [one.outputs[0].text for one in written]

    def chat(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
    ) -> list[str]:
        """Answer each conversation greedily, written by the tokenizer's chat template."""
        greedy = self.sampling(temperature=0, max_tokens=max_new_tokens, stop=list(stop))
        told = [list(map(dict, messages)) for messages in conversations]
        written = self.engine.chat(told, greedy, use_tqdm=False)
        return [one.outputs[0].text for one in written]

    def score(self, contexts: Sequence[str], continuations: Sequence[str]) -> Scores:
        """Return log-probabilities in nats and token counts of continuations, [n] each."""
        pairs = tokenise_pairs(self.tokenizer, contexts, continuations)
        reading = self.sampling(temperature=0, max_tokens=1, prompt_logprobs=0)
        prompts = [{"prompt_token_ids": pair.ids[: pair.stop]} for pair in pairs]
        read = self.engine.generate(prompts, reading, use_tqdm=False)
        sums = [
            sum(
                one.prompt_logprobs[at][pair.ids[at]].logprob for at in range(pair.start, pair.stop)
            )
            for pair, one in zip(pairs, read, strict=True)
        ]
        counts = [pair.stop - pair.start for pair in pairs]
        return Scores(np.array(sums, np.float64), np.array(counts, np.int64))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Refuse with GL-CLIENT-042: an engine that writes gives no vectors."""
        raise GlotliftError(
            "GL-CLIENT-042", "an engine of vLLM that writes text cannot give vectors",
            fix="encode with a local model, or serve it with 'vllm serve --runner pooling'",
        )  # fmt: skip
