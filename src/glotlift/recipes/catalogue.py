"""All the published methods that glotlift covers, and the state of the evidence about each."""

from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import orjson

from glotlift.runs.errors import GlotliftError

FAMILIES = {
    "text": "building, adapting and compressing text models",
    "transfer": "transfer, alignment and retrieval",
    "evaluation": "evaluation, safety, judging and code",
    "multimodal": "vision and speech",
}

# number | recipe | year of the first public version | family | title
TABLE = """\
01 | marco-llm | 2024 | text | Marco-LLM: Bridging Languages via Massive Multilingual Training for Cross-Lingual Enhancement
02 | mgpt | 2022 | text | mGPT: Few-Shot Learners Go Multilingual
03 | xmtf | 2022 | transfer | Crosslingual Generalization through Multitask Finetuning
04 | palm | 2022 | text | PaLM: Scaling Language Modeling with Pathways
05 | embedding-alignment | 2023 | transfer | Sinhala-English Word Embedding Alignment: Introducing Datasets and Benchmark for a Low Resource Language
06 | codeswitch-mt | 2023 | transfer | Contextual Code Switching for Machine Translation using Language Models
07 | filter | 2020 | transfer | FILTER: An Enhanced Fusion Method for Cross-lingual Language Understanding
08 | self-mining | 2024 | transfer | Effective Self-Mining of In-Context Examples for Unsupervised Machine Translation with LLMs
09 | ul2r | 2022 | text | Transcending Scaling Laws with 0.1% Extra Compute
10 | duoguard | 2025 | evaluation | DuoGuard: A Two-Player RL-Driven Framework for Multilingual LLM Guardrails
11 | fleurs-slu | 2025 | multimodal | Fleurs-SLU: A Massively Multilingual Benchmark for Spoken Language Understanding
12 | trace | 2023 | evaluation | TRACE: A Comprehensive Benchmark for Continual Learning in Large Language Models
13 | moscar | 2024 | multimodal | mOSCAR: A Large-scale Multilingual and Multimodal Document-level Corpus
14 | zmm-tts | 2023 | multimodal | ZMM-TTS: Zero-shot Multilingual and Multispeaker Speech Synthesis Conditioned on Self-supervised Discrete Speech Representations
15 | social-media | 2023 | multimodal | GPT-4V(ision) as A Social Media Analysis Engine
16 | bangla-nlp | 2021 | evaluation | A Review of Bangla Natural Language Processing Tasks and the Utility of Transformer Models
17 | mexa | 2024 | evaluation | MEXA: Multilingual Evaluation of English-Centric LLMs via Cross-Lingual Alignment
18 | muril | 2021 | text | MuRIL: Multilingual Representations for Indian Languages
19 | fm3 | 2023 | multimodal | Few-shot Multimodal Multitask Multilingual Learning
20 | ainu-asr | 2023 | multimodal | Adapting Multilingual Speech Representation Model for a New, Underresourced Language through Multilingual Fine-tuning and Continued Pretraining
21 | seallms | 2024 | text | SeaLLMs 3: Open Foundation and Chat Multilingual Large Language Models for Southeast Asian Languages
22 | vocabulary-trimming | 2023 | text | An Efficient Multilingual Language Model Compression through Vocabulary Trimming
23 | self-defense | 2023 | evaluation | Multilingual Jailbreak Challenges in Large Language Models
24 | maft | 2022 | text | Adapting Pre-trained Language Models to African Languages via Multilingual Adaptive Fine-Tuning
25 | mumin | 2022 | evaluation | MuMiN: A Large-Scale Multilingual Multimodal Fact-Checked Misinformation Social Network Dataset
26 | codescope | 2023 | evaluation | CodeScope: An Execution-based Multilingual Multitask Multidimensional Benchmark for Evaluating LLMs on Code Understanding and Generation
27 | aurora-m | 2024 | text | Aurora-M: The First Open Source Multilingual Language Model Red-teamed according to the U.S. Executive Order
28 | mmteb | 2025 | evaluation | MMTEB: Massive Multilingual Text Embedding Benchmark
29 | rs-m-clip | 2024 | multimodal | Multilingual Vision-Language Pre-training for the Remote Sensing Domain
30 | idt5 | 2023 | text | idT5: Indonesian Version of Multilingual T5 Transformer
31 | csr | 2022 | transfer | Bridging Cross-Lingual Gaps During Leveraging the Multilingual Sequence-to-Sequence Pretraining for Text Generation and Understanding
32 | mbart50 | 2020 | transfer | Multilingual Translation with Extensible Multilingual Pretraining and Finetuning
33 | fuxitranyu | 2024 | text | FuxiTranyu: A Multilingual Large Language Model Trained with Balanced Data
34 | babelbert | 2022 | transfer | Massively Multilingual Lexical Specialization of Multilingual Transformers
35 | xglm | 2021 | text | Few-shot Learning with Multilingual Language Models
36 | false-friends | 2025 | transfer | Multilingual LLMs Struggle to Link Orthography and Semantics in Bilingual Word Processing
37 | lem | 2025 | text | Linguistic Entity Masking to Improve Cross-Lingual Representation of Multilingual Language Models for Low-Resource Languages
38 | m3gia | 2024 | multimodal | M3GIA: A Cognition Inspired Multilingual and Multimodal General Intelligence Ability Benchmark
39 | indicsbert | 2023 | transfer | L3Cube-IndicSBERT: A simple approach for learning cross-lingual sentence representations using multilingual BERT
40 | centurio | 2025 | multimodal | Centurio: On Drivers of Multilingual Ability of Large Vision-Language Model
41 | mme5 | 2025 | multimodal | mmE5: Improving Multimodal Multilingual Embeddings via High-quality Synthetic Data
42 | swim-ir | 2023 | transfer | Leveraging LLMs for Synthesizing Training Data Across Many Languages in Multilingual Dense Retrieval
43 | hmde | 2023 | transfer | A General-Purpose Multilingual Document Encoder
44 | crowdworkers | 2025 | evaluation | Open-Source Large Language Models as Multilingual Crowdworkers: Synthesizing Open-Domain Dialogues in Several Languages With No Examples in Targets and No Machine Translation
45 | how-multilingual | 2025 | evaluation | How does a Multilingual LM Handle Multiple Languages?
46 | multi-if | 2024 | evaluation | Multi-IF: Benchmarking LLMs on Multi-Turn and Multilingual Instructions Following
47 | maltese-routing | 2024 | transfer | Cross-Lingual Transfer from Related Languages: Treating Low-Resource Maltese as Multilingual Code-Switching
48 | zeronlg | 2023 | multimodal | ZeroNLG: Aligning and Autoencoding Domains for Zero-Shot Multimodal and Multilingual Natural Language Generation
49 | chatgpt-mmm | 2023 | evaluation | A Multitask, Multilingual, Multimodal Evaluation of ChatGPT on Reasoning, Hallucination, and Interactivity
50 | berta-catalan | 2021 | text | Are Multilingual Models the Best Choice for Moderately Under-resourced Languages? A Comprehensive Assessment for Catalan
51 | chinese-nli | 2021 | evaluation | Investigating Transfer Learning in Multilingual Pre-trained Language Models through Chinese Natural Language Inference
52 | parrot | 2024 | multimodal | Parrot: Multilingual Visual Instruction Tuning
53 | versatilists | 2023 | transfer | Language Versatilists vs. Specialists: An Empirical Revisiting on Multilingual Transfer Ability
54 | llm-judges | 2023 | evaluation | Are Large Language Model-based Evaluators the Solution to Scaling Up Multilingual Evaluation?
55 | crosscodeeval | 2023 | evaluation | CrossCodeEval: A Diverse and Multilingual Benchmark for Cross-File Code Completion
56 | hallucination | 2025 | evaluation | How Much Do LLMs Hallucinate across Languages? On Multilingual Estimation of LLM Hallucination in the Wild
57 | parlasent | 2023 | evaluation | The ParlaSent multilingual training dataset for sentiment identification in parliamentary proceedings
58 | seamless | 2023 | multimodal | SeamlessM4T-Massively Multilingual & Multimodal Machine Translation
59 | xllms-100 | 2024 | transfer | LLMs Beyond English: Scaling the Multilingual Capability of LLMs with Cross-Lingual Feedback
60 | mblip | 2023 | multimodal | mBLIP: Efficient Bootstrapping of Multilingual Vision-LLMs
61 | multi3nlu | 2022 | evaluation | MULTI3NLU++: A Multilingual, Multi-Intent, Multi-Domain Dataset for Natural Language Understanding in Task-Oriented Dialogue
62 | mvl-sib | 2025 | multimodal | MVL-SIB: A Massively Multilingual Vision-Language Benchmark for Cross-Modal Topical Matching
63 | mathoctopus | 2023 | transfer | Breaking Language Barriers in Multilingual Mathematical Reasoning: Insights and Observations
64 | multiconad | 2025 | multimodal | MultiConAD: A Unified Multilingual Conversational Dataset for Early Alzheimer's Detection
65 | xcoder | 2025 | evaluation | Multi-Agent Collaboration for Multilingual Code Instruction Tuning
66 | gemquad | 2024 | transfer | GeMQuAD : Generating Multilingual Question Answering Datasets from Large Language Models using Few Shot Learning
67 | fish-speech | 2024 | multimodal | Fish-Speech: Leveraging Large Language Models for Advanced Multilingual Text-to-Speech Synthesis
68 | beyond-english | 2023 | evaluation | ChatGPT Beyond English: Towards a Comprehensive Evaluation of Large Language Models in Multilingual Learning
69 | afrolm | 2022 | text | AfroLM: A Self-Active Learning-based Multilingual Pretrained Language Model for 23 African Languages
70 | mlkg-adapters | 2022 | transfer | Adapters for Enhanced Modeling of Multilingual Knowledge and Text
71 | transmi | 2024 | text | TransMI: A Framework to Create Strong Baselines from Multilingual Pretrained Language Models for Transliterated Data
72 | dc-clip | 2024 | multimodal | A Progressive Framework of Vision-language Knowledge Distillation and Alignment for Multilingual Scene
73 | sixt-plus | 2021 | transfer | Towards Making the Most of Multilingual Pretraining for Zero-Shot Neural Machine Translation
74 | moe | 2021 | text | Scalable and Efficient MoE Training for Multitask Multilingual Models
75 | wit | 2021 | multimodal | WIT: Wikipedia-based Image Text Dataset for Multimodal Multilingual Machine Learning
76 | voxinstruct | 2024 | multimodal | VoxInstruct: Expressive Human Instruction-to-Speech Generation with Unified Multilingual Codec Language Modelling
77 | modular-clir | 2022 | transfer | Parameter-Efficient Neural Reranking for Cross-Lingual and Multilingual Retrieval
78 | translico | 2024 | text | TransliCo: A Contrastive Learning Framework to Address the Script Barrier in Multilingual Pretrained Language Models
79 | ofa | 2023 | text | OFA: A Framework of Initializing Unseen Subword Embeddings for Efficient Large-scale Multilingual Continued Pretraining
80 | small-models | 2025 | text | Small Models, Big Impact: Efficient Corpus and Graph-Based Adaptation of Small Multilingual Language Models for Low-Resource Languages
"""  # noqa: E501


@dataclass(frozen=True)
class Publication:
    """One published method: its place in the catalogue and the name of its recipe."""

    number: int
    name: str
    year: int
    family: str
    title: str

    @property
    def module(self) -> str:
        """The module that holds the recipe, whether or not it is written yet."""
        return f"glotlift.recipes.{self.name.replace('-', '_')}"

    @property
    def runs_here(self) -> bool:
        """Whether the recipe's module exists in this version."""
        return find_spec(self.module) is not None


def read_table(table: str) -> tuple[Publication, ...]:
    """Read the literal table."""
    rows = (line.split(" | ", 4) for line in table.splitlines())
    return tuple(
        Publication(int(number), name, int(year), family, title)
        for number, name, year, family, title in rows
    )


MAIN_JOB = "adaptation"  # its evidence on real text lies beside that of the recipes

FIGURES = (
    "id", "text", "metric", "arm", "versus", "kind", "margin", "estimate", "low", "high", "unit",
    "verdict",
)  # fmt: skip

CATALOGUE = read_table(TABLE)


def publication(name: str) -> Publication:
    """Return the catalogue's entry of a recipe name.

    Raises GL-RECIPE-001 naming the nearest known name.
    """
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    from difflib import get_close_matches

    near = get_close_matches(name, [entry.name for entry in CATALOGUE], n=1, cutoff=0.0)[0]
    raise GlotliftError(
        "GL-RECIPE-001",
        f"no recipe is called {name!r}",
        place="recipe name",
        fix=f"did you mean {near!r}? 'glotlift recipe list' names all",
    )


def evidence(name: str) -> list[dict[str, Any]]:
    """Return the packaged evidence records of a recipe, by file name; empty where there are none.

    Each record is one part of the recipe in one setting ("world" or "real").
    """
    folder = files("glotlift.recipes") / "results" / name
    if not folder.is_dir():
        return []
    paths = sorted((p for p in folder.iterdir() if p.name.endswith(".json")), key=lambda p: p.name)
    return [orjson.loads(path.read_bytes()) for path in paths]


def findings(name: str) -> dict[str, list[dict[str, Any]]]:
    """Return, by setting, what each part of a recipe compared and found, without rows.

    A part has its arms, each claim's figure with interval and verdict, its seeds and seconds.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for record in evidence(name):
        part = {
            "part": record["part"],
            "question": record["question"],
            "arms": [arm["name"] for arm in record["arms"]],
            "seeds": len(record["seeds"]),
            "seconds": round(record["seconds"], 1),
            "command": record["command"],
            "claims": [{key: claim[key] for key in FIGURES} for claim in record["claims"]],
        }
        found.setdefault(str(record["setting"]), []).append(part)
    return found


def evidence_state(name: str) -> str:
    """Return "none yet", or the last verdicts of a recipe counted per setting.

    For example ``world: 3 CONFIRMED, 1 NOT SEPARABLE; real: 2 CONFIRMED``.
    """
    counts: dict[str, dict[str, int]] = {}
    for record in evidence(name):
        verdicts = counts.setdefault(str(record["setting"]), {})
        for claim in record["claims"]:
            verdicts[claim["verdict"]] = verdicts.get(claim["verdict"], 0) + 1
    told = [
        f"{setting}: " + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
        for setting, verdicts in counts.items()
        if verdicts
    ]
    return "; ".join(told) or "none yet"
