"""Prompts and outputs to be judged, with outputs good and bad, and sources that no labeler may see."""

from tutelage.schema import Prompt, Task, TaskKind

SKY = "Explain to a child of six why the sky is blue. Use at most three sentences."

SKY_OUTPUTS = (
    "Sunlight looks white, but all the colours of the rainbow are hidden in it. When it flies through the air, the "
    "air bumps the blue light about much more than the red. So blue comes to your eyes from everywhere, and the "
    "whole sky looks blue!",
    "Light from the sun is made of many colours. The air throws the blue ones around the most. That is why we see "
    "blue when we look up.",
    "The sky is blue because tiny bits of air play ball with blue light and throw it to us from all sides.",
    "The sky is blue because it mirrors the sea.",
    "Rayleigh scattering, whose intensity is inversely proportional to the fourth power of the wavelength, "
    "distributes the short-wave part of the solar spectrum over the whole hemisphere. The spectral sensitivity of "
    "the human eye, the emission maximum of the photosphere and the absorption of violet light in the upper "
    "atmosphere together explain why we perceive blue rather than violet. At low solar altitude the optical path "
    "is so long that the direct light is depleted of blue. This is why sunsets are red. The effect was described "
    "by Lord Rayleigh in 1871, who first took the scattering bodies to be fine dust, and only later the molecules "
    "of the air themselves.",
    "Because it is.",
    "Ask your parents, I do not talk to children.",
    "The sky is green in the morning, and by noon it has become blue, since the sun has dried it.",
    "",
)
"""Nine: the best first, more or less."""

_TREES = ("alder", "birch", "cedar", "elder", "hazel", "larch", "maple", "rowan", "yew")
SOURCES = tuple(f"model-{tree}" for tree in _TREES)

SOUP = "What can I cook with lentils, carrots and an onion?"

SOUP_OUTPUTS = (
    "A soup: soften the chopped onion and carrots in a little oil, add the lentils and four times as much water, "
    "and let it all simmer for half an hour. Salt and a splash of vinegar go in at the end.",
    "Lentil soup.",
    "Soup is a word of Germanic origin.",
    "I would order a pizza.",
)
"""Four: the best first."""


def sky_to_rank() -> Task:
    """Nine outputs."""
    return Task(kind=TaskKind.rank, prompt=Prompt(text=SKY), completions=SKY_OUTPUTS, sources=SOURCES)


def soup_to_judge(kind: TaskKind = TaskKind.rank) -> Task:
    """Four outputs."""
    return Task(kind=kind, prompt=Prompt(text=SOUP), completions=SOUP_OUTPUTS, sources=SOURCES[:4])
