"""A model is put through a task: what it says to each item becomes a sample, which is scored as anybody's."""

from collections.abc import Mapping

from tutelage.evaluation.framing import Framing
from tutelage.evaluation.nlp.stopping import cut
from tutelage.evaluation.samples import Item, Sample, Task
from tutelage.evaluation.subject import Subject


def ask(
    subject: Subject,
    items: Mapping[int, Item],
    framing: Framing,
    task: Task,
    count: int = 1,
) -> list[Sample]:
    """`count` answers of the model to each item under a framing, in the items' order.

    items: by their places in the set, so that parts of it get the answers that the whole would. Where the examples of
    a framing leave no room for an answer in the model's context, the first of them are left out; items that leave none
    without examples are passed over.
    """
    framed = {place: longest_that_fits(subject, framing, item.text) for place, item in items.items()}
    asked = {place: text for place, text in framed.items() if text is not None}
    answers = subject.several_answers(list(asked.values()), count, list(asked))
    return [
        Sample(
            model=subject.name,
            prompt_type=framing.name,
            prompt=items[place].text,
            text=cut(answer, task.stop),
            references=items[place].references,
            given=items[place].given,
        )
        for place, own in zip(asked, answers, strict=True)
        for answer in own
    ]


def longest_that_fits(subject: Subject, framing: Framing, text: str) -> str | None:
    """The text with as many of the framing's examples as the model's context has room for; None without any room."""
    return next(filter(subject.fits, framing.versions(text)), None)
