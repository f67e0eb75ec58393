"""The card that goes to a hub with a model: the one in its folder, or a plain one where no run wrote any."""

import json
from pathlib import Path

from huggingface_hub import ModelCard, ModelCardData

from tutelage.report.model_card import front_matter, loading


def card_to_publish(folder: Path, license: str | None) -> str:
    """The text of README.md, with a license in its head where one is given.

    license: as hubs know it, e.g. apache-2.0; None = whatever the card says, which is nothing if a run wrote it
    """
    written = folder / "README.md"
    text = written.read_text(encoding="utf-8") if written.is_file() else plain_card(folder)
    if license is None:
        return text
    card = ModelCard(text, ignore_metadata_errors=True)
    assert isinstance(card.data, ModelCardData)
    card.data.license = license
    return str(card)


def plain_card(folder: Path) -> str:
    """What can be said of a model by its folder alone."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    scalar = any("SequenceClassification" in name for name in config["architectures"])
    return "\n\n".join([front_matter(scalar, None), f"# {folder.resolve().name}", loading(scalar)]) + "\n"
