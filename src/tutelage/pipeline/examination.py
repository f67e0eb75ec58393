"""Models put through tasks one after the other: what they say, and what they hold likely."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from rich.console import Console

from tutelage.data import derive, template_for
from tutelage.evaluation.exam import ask
from tutelage.evaluation.framing import Framing
from tutelage.evaluation.samples import Item, Sample, Task
from tutelage.evaluation.scores import Scores
from tutelage.evaluation.statistics import Statistic
from tutelage.evaluation.subject import RAW, Subject
from tutelage.models import load_policy, load_tokenizer
from tutelage.models.location import require_language_model
from tutelage.pipeline.device import choose_device
from tutelage.pipeline.display import Display, silence_transformers
from tutelage.pipeline.interruption import Interruption
from tutelage.pipeline.kept_samples import Asking, KeptSamples, without_known
from tutelage.pipeline.sampling import ROWS_AT_ONCE
from tutelage.schema import InputError

T = TypeVar("T")


def subjects(folders: Mapping[str, str], asking: Asking, stop: Sequence[str] = ()) -> Iterator[Subject]:
    """The models one by one, each loaded when it is its turn. folders: name -> folder, or name on the hub.

    Raises:
        InputError: one of them is no language model; told before the first is loaded.
    """
    silence_transformers()
    for folder in folders.values():
        require_language_model(folder)
    device = choose_device("auto")
    for name, folder in folders.items():
        tokenizer = load_tokenizer(folder)
        yield Subject(
            name,
            load_policy(folder, device=device),
            tokenizer,
            RAW if asking.raw else template_for(tokenizer),
            stop=tuple(stop),
            max_new_tokens=asking.max_new_tokens,
            temperature=asking.temperature,
            seed=derive(asking.seed, "exam", name),
        )


def examine(
    folders: Mapping[str, str],
    items: Sequence[Item],
    framings: Sequence[Framing],
    task: Task,
    asking: Asking,
    kept: KeptSamples,
    console: Console,
) -> list[Sample]:
    """What each model says to each item under each framing.

    Raises Interrupted when Ctrl-C was pressed; what is kept is not asked again. Raises InputError when no model has
    room for any item.
    """
    found: list[Sample] = []
    interruption = Interruption()
    step = max(1, ROWS_AT_ONCE // asking.count)
    with interruption.from_keyboard(), Display(console) as display:
        for subject in subjects(folders, asking, task.stop):
            stage = display.begin(subject.name)
            for number, framing in enumerate(framings):
                known = Counter(sample.prompt for sample in kept.of(subject.name, framing.name))
                for start in range(0, len(items), step):
                    interruption.check()
                    part = {
                        place: items[place]
                        for place in range(start, min(start + step, len(items)))
                        if known[items[place].text] < asking.count
                    }
                    if part:
                        kept.add(without_known(ask(subject, part, framing, task, asking.count), known))
                    done = number * len(items) + min(start + step, len(items))
                    stage.update(done, len(items) * len(framings), {})
                found += own_samples(subject, framing, items, kept, asking.count, display)
    if not found:
        raise InputError("no item leaves room for an answer in the context of any model")
    return found


def measure_likelihoods(
    folders: Mapping[str, str],
    items: Sequence[T],
    texts_of: Callable[[T, Framing], tuple[str, Sequence[str]]],
    framings: Sequence[Framing],
    asking: Asking,
    measure: Callable[[Sequence[T], Subject, Framing], Mapping[str, Statistic]],
    console: Console,
) -> list[Scores]:
    """Figures of each model under each framing of what it holds likely, nothing sampled.

    texts_of: an item's prompt and the answers whose likelihood is asked for; items that are too long for the model's
    context are left out, and told.
    """
    found = []
    interruption = Interruption()
    with interruption.from_keyboard(), Display(console) as display:
        for subject in subjects(folders, asking):
            stage = display.begin(subject.name)
            for number, framing in enumerate(framings, start=1):
                interruption.check()
                readable = [item for item in items if holds_all(subject, *texts_of(item, framing))]
                tell_left_out(subject, framing, len(items) - len(readable), display)
                if readable:
                    statistics = measure(readable, subject, framing)
                    found.append(Scores(subject.name, framing.name, len(readable), statistics))
                stage.update(number, len(framings), {})
    return found


def holds_all(subject: Subject, prompt: str, answers: Sequence[str]) -> bool:
    """Whether the model's context has room for the prompt with each of the answers."""
    return all(subject.holds(prompt, answer) for answer in answers)


def tell_left_out(subject: Subject, framing: Framing, number: int, display: Display) -> None:
    """A line about items that were too long, where there were any."""
    if number:
        display.say(f"  {subject.name}, {framing.name}: {number} items are too long, and left out")


def own_samples(
    subject: Subject,
    framing: Framing,
    items: Sequence[Item],
    kept: KeptSamples,
    count: int,
    display: Display,
) -> list[Sample]:
    """A model's samples under a framing, of these items alone and `count` of each; told how many items got none."""
    texts = {item.text for item in items}
    taken: Counter[str] = Counter()
    samples = []
    for each in kept.of(subject.name, framing.name):
        if each.prompt in texts and taken[each.prompt] < count:
            taken[each.prompt] += 1
            samples.append(each)
    tell_left_out(subject, framing, len(texts) - len(taken), display)
    return samples
