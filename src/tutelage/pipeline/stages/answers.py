"""What each model says to the test prompts: sampled once, judged by everybody."""

from collections.abc import Sequence
from functools import partial

from tutelage.data import derive, template_for
from tutelage.evaluation import Subject
from tutelage.models import load_policy, load_tokenizer
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import test_prompts
from tutelage.pipeline.source import Prompting
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Completion


def sample_answers(bench: Workbench, prompting: Prompting, models: Sequence[str]) -> Findings:
    """One completion of each test prompt by each model, into the store."""
    prompts = test_prompts(bench)
    monitor = bench.monitor()
    done = (monitor.resume() or {"done": 0})["done"]
    for number, name in enumerate(models[done:], start=done + 1):
        texts = subject(bench, name, prompting).answers([prompt.text for prompt in prompts])
        bench.store.add_completions(
            [
                Completion(
                    prompt=prompt, text=text, source=name, temperature=bench.recipe.evaluation.temperature
                )
                for prompt, text in zip(prompts, texts, strict=True)
            ],
            batch=bench.batch(),
        )
        monitor.step(number, len(models), {}, partial(dict[str, int], done=number))
    return {"prompts": len(prompts)}


def subject(bench: Workbench, name: str, prompting: Prompting) -> Subject:
    """One of the report's models, ready to be asked; each samples with its own random numbers."""
    folder = bench.folder.model("base" if name == "base_prompted" else name)
    tokenizer = load_tokenizer(folder)
    prompted = name == "base_prompted"
    return Subject(
        name,
        load_policy(folder, device=bench.device),
        tokenizer,
        prompting.template if prompted else template_for(tokenizer),
        stop=prompting.stop if prompted else (),
        max_new_tokens=bench.recipe.data.max_completion_tokens,
        temperature=bench.recipe.evaluation.temperature,
        seed=derive(bench.recipe.seed, "evaluation", name),
    )


def answers_of(bench: Workbench, name: str) -> list[Completion]:
    """What the model said, in the order of the test prompts."""
    return bench.store.completions(batch=bench.batch("answers"), source=name)
