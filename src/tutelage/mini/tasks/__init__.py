"""The tasks that people of the miniature world give: every use case of the paper's Table 1, at its share."""

from tutelage.mini.tasks.catalogue import FAMILIES, Family, draw_task
from tutelage.mini.tasks.task import Answer, Flaw, Judgment, Task

__all__ = ["FAMILIES", "Answer", "Family", "Flaw", "Judgment", "Task", "draw_task"]
