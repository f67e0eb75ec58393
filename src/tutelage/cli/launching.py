"""A command on several processes: started again by torchrun as so many ranks, here and on other machines."""

import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from tutelage.cli.status import INTERRUPTED, RUN_FAILED
from tutelage.schema import InputError
from tutelage.store import write_atomically

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ProcessFailure
    from torch.distributed.launcher.api import LaunchConfig

PATIENCE = 24 * 3600
"""Seconds after Ctrl-C in which ranks finish their step and write its checkpoint; a second one ends them at once."""
LOOKS = 0.5
"""Seconds between two looks at whether all ranks live."""
SAID = "said_by_tutelage"
"""Marks what a rank left to say."""

NprocOption = Annotated[
    int, typer.Option("--nproc", min=1, help="Processes on this machine, one for each GPU.")
]
NnodesOption = Annotated[int, typer.Option("--nnodes", min=1, help="Machines; the command is given on each.")]
NodeRankOption = Annotated[
    int, typer.Option("--node-rank", min=0, help="Which of the machines this is, from 0.")
]
RendezvousOption = Annotated[
    str | None,
    typer.Option(
        help="Where the machines meet: an address of the first one that all can reach.", metavar="HOST:PORT"
    ),
]
RestartsOption = Annotated[
    int,
    typer.Option(
        "--max-restarts",
        min=0,
        help="Times that all processes are started again, from the last checkpoint, when one has failed.",
    ),
]


@dataclass(frozen=True)
class Ranks:
    """How many processes there are to be, and where."""

    nproc: int = 1
    nnodes: int = 1
    node_rank: int = 0
    rendezvous: str | None = None
    max_restarts: int = 0

    @property
    def wanted(self) -> bool:
        """Whether this process is to start them: not where it is one of them."""
        return (self.nproc, self.nnodes, self.max_restarts) != (1, 1, 0) and not is_rank()

    def launch(self) -> int:
        """Give this process's own command to each, and wait for them; returns the exit code.

        What the first one to fail has to say is printed, and its exit code is ours. Raises InputError for machines that
        do not know where to meet.
        """
        if self.nnodes > 1 and self.rendezvous is None:
            raise InputError(
                "the machines need a place to meet", "--rendezvous", "give HOST:PORT of the first"
            )
        host, _, port = (self.rendezvous or "localhost:0").rpartition(":")
        if not (host and port.isdecimal()):
            raise InputError(
                f"{self.rendezvous!r} is no HOST:PORT", "--rendezvous", "give such as 10.0.0.1:29400"
            )
        if self.node_rank >= self.nnodes:
            raise InputError(
                f"{self.node_rank} is none of {self.nnodes} machines, counted from 0", "--node-rank"
            )
        from torch.distributed.elastic.multiprocessing import SignalException
        from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
        from torch.distributed.elastic.rendezvous import RendezvousError
        from torch.distributed.launcher.api import elastic_launch

        logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # the error is told below
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # until the command shares the cores out
        try:
            elastic_launch(self._configuration(), sys.executable)("-m", "tutelage", *sys.argv[1:])
        except SignalException:
            return INTERRUPTED
        except RendezvousError as error:
            raise InputError(
                f"the machines did not meet ({error})",
                "--rendezvous",
                "give an address of the first that all reach",
            ) from error
        except ChildFailedError as error:
            return told(list(error.failures.items()))
        return 0

    def _configuration(self) -> "LaunchConfig":
        """As `torchrun --standalone` has it, and on several machines with its own meeting place on the first."""
        from torch.distributed.launcher.api import LaunchConfig

        here = self.rendezvous is None
        return LaunchConfig(
            min_nodes=self.nnodes,
            max_nodes=self.nnodes,
            nproc_per_node=self.nproc,
            run_id=uuid4().hex if here else "tutelage",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0" if here else str(self.rendezvous),
            rdzv_configs={"is_host": self.node_rank == 0},
            max_restarts=self.max_restarts,
            monitor_interval=LOOKS,
            shutdown_timeout=PATIENCE,
        )


def told(failures: Sequence[tuple[int, "ProcessFailure"]]) -> int:
    """Print why the ranks failed, in one line; returns the exit code.

    When one rank has failed, others fail because it is gone: one that has something to say comes first, then one that
    was killed.
    """
    if any(failure.exitcode == INTERRUPTED for _, failure in failures):
        return INTERRUPTED
    spoken = [
        failure
        for _, failure in sorted(failures, key=lambda item: item[0])
        if SAID in failure.error_file_data
    ]
    if spoken:
        print(f"error: {spoken[0].message}", file=sys.stderr)
        return spoken[0].exitcode
    killed = [each for each in failures if each[1].exitcode < 0 and each[1].signal_name() != "SIGTERM"]
    rank, failure = (killed or failures)[0]
    how = (
        f"was ended by {failure.signal_name()}" if failure.exitcode < 0 else f"ended with {failure.exitcode}"
    )
    print(f"error: rank {rank} {how}; what is done is kept: go on with the same command", file=sys.stderr)
    return RUN_FAILED


def is_rank() -> bool:
    """Whether torchrun has started this process; `tutelage.distributed` knows, too, and imports torch for it."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def say_to_launcher(message: str) -> None:
    """Leave word of why this rank fails, for who started it: of several ranks that say the same one is heard."""
    record = {"message": message, "timestamp": str(int(time.time())), SAID: True}
    write_atomically(Path(os.environ["TORCHELASTIC_ERROR_FILE"]), json.dumps(record))
