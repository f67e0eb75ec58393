"""The embedded world: a web, tasks, an oracle, labelers and a base model, so that the whole method runs offline."""

from tutelage.mini.world import World, base_folder

__all__ = ["World", "base_folder"]
