"""Doors: parse, call, print. What a command does lies in the rooms below."""

from tutelage.cli.main import main

__all__ = ["main"]
