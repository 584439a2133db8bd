"""The one loop: `transformers.Trainer` fed with planned blocks, saving whole or not at all."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    set_model_state_dict,
)
from torch.utils.data import Dataset, Sampler, SequentialSampler
from transformers import PreTrainedTokenizerFast, PrinterCallback, Trainer, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from glotlift.models.deltas import movable
from glotlift.objectives.bits import document_bits
from glotlift.objectives.wrapping import unwrapped
from glotlift.runs import atomic
from glotlift.runs.protocols import Objective
from glotlift.training.schedule import Documents, Plan
from glotlift.training.shards import filled, hollow_copy, shard

WEIGHTS = "moved.safetensors"


class Blocks(Dataset[int]):
    """A plan's blocks as a map-style dataset of numbers; `collate` does the rest."""

    def __init__(
        self,
        plan: Plan,
        documents: Documents,
        objective: Objective,
        blocks_per_step: int,
        seed: int,
    ) -> None:
        self.plan, self.documents, self.objective, self.seed = plan, documents, objective, seed
        self.steps = -(-len(plan.blocks) // blocks_per_step)
        self.length = self.steps * blocks_per_step

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> int:
        return number

    def collate(self, numbers: Sequence[int]) -> dict[str, torch.Tensor]:
        """Return the batch of some blocks; numbers past the last block stand for empty ones.

        Empty blocks are left out where there are others.
        """
        pieces = [
            [
                self.documents.piece(*self.plan.pieces[index].tolist())
                for index in self.plan.blocks[n]
            ]
            if n < len(self.plan.blocks)
            else []
            for n in numbers
        ]
        seeds = [int(np.random.SeedSequence([self.seed, n]).generate_state(1)[0]) for n in numbers]
        filled = [at for at, held in enumerate(pieces) if held] or [0]
        return self.objective.collate([pieces[at] for at in filled], [seeds[at] for at in filled])


class StageTrainer(Trainer):
    """transformers' loop with our blocks, our loss and checkpoints that are whole or absent.

    The loss of a step is the mean over its labelled positions, over all micro-batches and
    processes together, so that neither accumulation nor the number of processes changes it.
    """

    def __init__(
        self,
        model: nn.Module,
        arguments: TrainingArguments,
        blocks: Blocks,
        *,
        tokenizer: PreTrainedTokenizerFast,
        validation: Mapping[str, Sequence[str]],
        embedding_rate: float,
        callbacks: list[Any],
    ) -> None:
        self.blocks, self.validation, self.embedding_rate = blocks, validation, embedding_rate
        self.tokenizer = tokenizer
        self.saving_to: str | None = None
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=blocks,
            eval_dataset=dict.fromkeys(validation, blocks),
            data_collator=blocks.collate,
            callbacks=callbacks,
        )
        self.remove_callback(PrinterCallback)
        self.hollow = hollow_copy(model) if self.is_fsdp_enabled else None
        if self.is_fsdp_enabled:
            shard(model, self.accelerator.state.fsdp_plugin, self.accelerator.num_processes)
        self.model_accepts_loss_kwargs = True
        self.loss_is_scaled_for_ga = True
        self._loss_shifts_labels = False

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return SequentialSampler(self.blocks)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """Return the summed loss over the step's labelled positions, times the processes.

        Data-parallel training averages gradients over processes; the factor undoes that.
        """
        total, logs = self.blocks.objective.loss(model, inputs)
        items = num_items_in_batch if num_items_in_batch is not None else len(logs["each"])
        loss = total * self.accelerator.num_processes / max(items, 1)
        return (loss, logs) if return_outputs else loss

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Return 6 x parameters x tokens, the usual estimate of forward and backward."""
        return 6 * self.parameters * int(inputs["input_ids"].numel())

    @property
    def plain(self) -> Any:
        """The model that is trained."""
        return self.model

    @property
    def parameters(self) -> int:
        """Parameters of the model, shared ones once."""
        return sum(parameter.numel() for parameter in self.plain.parameters())

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """Return AdamW over what may move; embeddings have their own rate and no decay."""
        if self.optimizer is None:
            moving: Any = self.plain if model is None else model
            embeddings = embedding_names(moving)
            decaying = set(self.get_decay_parameter_names(moving)) - embeddings
            chosen = list(movable(moving))
            rate = self.args.learning_rate
            groups = [
                {
                    "params": [p for n, p in chosen if n in decaying],
                    "weight_decay": self.args.weight_decay,
                },
                {
                    "params": [p for n, p in chosen if n not in decaying | embeddings],
                    "weight_decay": 0.0,
                },
                {
                    "params": [p for n, p in chosen if n in embeddings],
                    "weight_decay": 0.0,
                    "lr": rate * self.embedding_rate,
                },
            ]
            kind, settings = self.get_optimizer_cls_and_kwargs(self.args, moving)
            self.optimizer = kind([group for group in groups if group["params"]], **settings)
        return self.optimizer

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Log and return bits per byte of each language's validation documents."""
        metrics = {}
        for name, texts in self.validation.items():
            bits, lengths = document_bits(self.plain, self.tokenizer, texts)
            metrics[f"eval_bits_per_byte/{name}"] = float(bits.sum() / lengths.sum())
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _get_output_dir(self, trial: Any) -> str:
        return self.saving_to or super()._get_output_dir(trial)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Save under a temporary name, force it to the disk, rename, then drop the older one."""
        root = Path(str(self.args.output_dir))
        partial = root / f"{atomic.PARTIAL}checkpoint"
        name = f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
        if self.args.should_save:
            shutil.rmtree(partial, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self.saving_to = str(partial)
        super()._save_checkpoint(model, trial)
        self.saving_to = None
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            atomic.publish(partial / name, root / name)
            partial.rmdir()
            for older in checkpoints(root)[:-1]:
                atomic.remove(older)

    def whole_model(self) -> Any:
        """Return the trained model; every process gets all of it, also where it lay in shards."""
        return self.plain if self.hollow is None else filled(self.hollow, self.plain)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the parameters that may move, whole, to `output_dir`."""
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        weights: dict[str, Any] = get_model_state_dict(self.plain, options=options)
        if self.args.should_save:
            names = [name for name, _ in movable(self.plain)]
            folder = Path(output_dir or str(self.args.output_dir))
            folder.mkdir(parents=True, exist_ok=True)
            save_file({name: weights[name].contiguous() for name in names}, folder / WEIGHTS)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        weights: dict[str, Any] = load_file(Path(resume_from_checkpoint) / WEIGHTS)
        options = StateDictOptions(full_state_dict=True, strict=False)
        set_model_state_dict(model or self.plain, weights, options=options)


def embedding_names(model: nn.Module) -> set[str]:
    """Return the names of input and output embedding parameters."""
    inner = unwrapped(model)
    modules = (inner.get_input_embeddings(), inner.get_output_embeddings())
    owned = {id(p) for module in modules if module is not None for p in module.parameters()}
    return {name for name, parameter in model.named_parameters() if id(parameter) in owned}


def checkpoints(folder: Path) -> list[Path]:
    """Return the whole checkpoints in `folder`, oldest first."""
    found = folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*") if folder.is_dir() else []
    return sorted(found, key=lambda path: int(path.name.rsplit("-", 1)[1]))
