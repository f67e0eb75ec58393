"""Step 1, supervised fine-tuning: the base model learns to write what labelers wrote (§3.5)."""

import shutil

from transformers import PreTrainedModel

from tutelage.data import derive
from tutelage.distributed import leads
from tutelage.models import load_policy, load_tokenizer, save_model
from tutelage.pipeline.encoding import encode_demonstrations
from tutelage.pipeline.learners import learner
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import InputError, Split
from tutelage.store import atomic_folder
from tutelage.training import best_epoch, finetune


def train_sft(bench: Workbench) -> Findings:
    """Fine-tune the base, keep the weights of every epoch, and choose one by validation loss for now.

    The reward model, once there is one, chooses again: models/sft_by_loss is what its candidates come from.
    """
    recipe, folder = bench.recipe, bench.folder
    tokenizer = load_tokenizer(folder.model("base"))
    model = learner(load_policy(folder.model("base")), recipe, bench.device)
    batch = bench.batch("data")
    examples = encode_demonstrations(
        bench.store.demonstrations(batch, split=Split.train), tokenizer, recipe.data
    )
    validation = encode_demonstrations(
        bench.store.demonstrations(batch, split=Split.valid), tokenizer, recipe.data
    )
    if not examples.items:
        raise InputError(
            "no demonstration of the train split is short enough", remedy="raise data.max_*_tokens"
        )

    def keep(epoch: int, trained: PreTrainedModel) -> None:
        save_model(trained, tokenizer, folder.epoch(epoch))

    losses = finetune(
        model, examples.items, validation.items, recipe.sft, derive(recipe.seed, "sft"), bench.monitor(), keep
    )
    chosen = best_epoch(losses) or recipe.sft.epochs
    if leads():
        with atomic_folder(folder.model("sft_by_loss")) as copy:
            shutil.copytree(folder.epoch(chosen), copy, dirs_exist_ok=True)
    if examples.dropped:
        bench.display.say(f"  {examples.dropped} demonstrations were too long and left out")
    if losses:
        bench.display.say(
            f"  validation loss is lowest after epoch {chosen} of {len(losses)}: {min(losses):.3f}"
        )
    return {
        "demonstrations": len(examples.items),
        "too_long": examples.dropped,
        "validation_losses": losses,
        "epoch_by_loss": chosen,
    }
