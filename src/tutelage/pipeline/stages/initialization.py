"""What step 3 starts from, and is held to: the base, fine-tuned with pretraining text mixed in (App. C.3)."""

from tutelage.data import derive
from tutelage.models import load_policy, load_tokenizer, save_model
from tutelage.pipeline.encoding import encode_demonstrations, pretraining_mix
from tutelage.pipeline.learners import learner
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Source
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import InitializationRecipe
from tutelage.schema import Split
from tutelage.training import finetune


def make_initialization(bench: Workbench, source: Source, initialization: InitializationRecipe) -> Findings:
    """Fine-tune the base into models/initialization; unlike SFT, the weights after the last epoch are kept."""
    recipe, folder = bench.recipe, bench.folder
    tokenizer = load_tokenizer(folder.model("base"))
    model = learner(load_policy(folder.model("base")), recipe, bench.device)
    training, validation = (
        encode_demonstrations(
            bench.store.demonstrations(bench.batch("data"), split=split), tokenizer, recipe.data
        ).items
        for split in (Split.train, Split.valid)
    )
    mix = pretraining_mix(
        source.documents(), tokenizer, recipe, initialization, len(training), bench.packed(source)
    )

    losses = finetune(
        model,
        training,
        validation,
        initialization.settings(recipe.sft),
        derive(recipe.seed, "initialization"),
        bench.monitor(),
        mix=mix,
    )
    save_model(model, tokenizer, folder.model("initialization"))
    if losses:
        bench.display.say(f"  validation loss {losses[-1]:.3f}")
    return {"demonstrations": len(training), "validation_losses": losses}
