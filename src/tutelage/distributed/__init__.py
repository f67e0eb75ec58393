"""Processes that work as one: started by torchrun, on one machine or on many.

Every rank runs the same program on the same batches. It passes its own share of the rows through its models and adds
its numbers up with the others', so that what comes of it is the same on every rank, and the same as in one process. In
one process, and outside of `together`, all of this leaves things as they are.
"""

from tutelage.distributed.collectives import (
    add_up,
    any_of,
    gathered,
    largest,
    leader_first,
    smallest,
    summed,
    told_by_leader,
)
from tutelage.distributed.sharing import Part, own_rows, shared_out
from tutelage.distributed.team import is_rank, joined, leads, local_rank, local_ranks, rank, size, together

__all__ = [
    "Part",
    "add_up",
    "any_of",
    "gathered",
    "is_rank",
    "joined",
    "largest",
    "leader_first",
    "leads",
    "local_rank",
    "local_ranks",
    "own_rows",
    "rank",
    "shared_out",
    "size",
    "smallest",
    "summed",
    "together",
    "told_by_leader",
]
