"""Machines as a few figures: what a device computes, holds and moves, how it is joined to others, what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tutelage.schema import InputError, suggestion

GB = 1e9


Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class Machine:
    """Devices all alike. Rates are those of the data sheet; `efficiency` says how much of them is reached."""

    name: str
    kind: Literal["cpu", "gpu"]
    bf16: float
    """FLOP/s of dense matrix products."""
    fp32: float
    memory: float
    """Bytes of one device."""
    bandwidth: float
    """Bytes a second that one device reads and writes of its memory."""
    devices_per_node: int
    link: float
    """Bytes a second that a device sends to another of its node, in one direction."""
    network: float
    """Bytes a second that a device sends to one of another node."""
    price: float
    """Dollars an hour of one device."""
    efficiency: float
    """Share of the products' rate that passes over whole sequences reach."""
    decoding: float
    """The same of steps of one token a row, beside reading weights and cache."""

    def rate(self, precision: Precision) -> float:
        """FLOP/s of the products, by the data sheet."""
        return self.bf16 if precision == "bf16" else self.fp32


def gpu(
    name: str,
    *,
    bf16: float,
    fp32: float,
    memory: float,
    bandwidth: float,
    link: float,
    network: float,
    price: float,
) -> Machine:
    """One of eight in a node with 2 TB, at the other end of PCIe 4 or 5.

    Of products 30 % are reached: this code's own passes at .55 billion parameters reached 21 to 27 % on an H200
    (docs/benchmarks.md), those of larger models more.
    """
    return Machine(
        name,
        "gpu",
        bf16,
        fp32,
        memory,
        bandwidth,
        devices_per_node=8,
        link=link,
        network=network,
        price=price,
        efficiency=0.3,
        decoding=0.15,
    )


MACHINES: Mapping[str, Machine] = {
    machine.name: machine
    for machine in (
        Machine(
            "laptop",
            "cpu",
            # eight cores of some 3 GHz with 256-bit units; bf16 is no faster there
            bf16=0.4e12,
            fp32=0.4e12,
            memory=16 * GB,
            bandwidth=50 * GB,
            devices_per_node=1,
            link=1 * GB,
            network=1 * GB,
            price=0.0,
            efficiency=0.5,
            decoding=0.25,
        ),
        # NVIDIA's data sheets, dense; NVLink 600 and 900 GB/s both ways; networks of 200 and 400 Gbit/s a GPU
        gpu(
            "a100-80",
            bf16=312e12,
            fp32=19.5e12,
            memory=80 * GB,
            bandwidth=2039 * GB,
            link=300 * GB,
            network=25 * GB,
            price=1.5,
        ),
        gpu(
            "h100-80",
            bf16=989e12,
            fp32=67e12,
            memory=80 * GB,
            bandwidth=3350 * GB,
            link=450 * GB,
            network=50 * GB,
            price=3.0,
        ),
        gpu(
            "h200",
            bf16=989e12,
            fp32=67e12,
            memory=141 * GB,
            bandwidth=4800 * GB,
            link=450 * GB,
            network=50 * GB,
            price=4.0,
        ),
    )
}
"""By name. Prices are assumptions, rounded from what specialised clouds asked in May 2026
(https://www.mercatus-ai.com/blog/cloud-gpu-pricing); they change by the month."""


def machine_of(name: str) -> Machine:
    """Raises InputError for one that is not known."""
    if name not in MACHINES:
        raise InputError(
            f"no machine {name!r} is known",
            where="--hardware",
            remedy=f"{suggestion(name, MACHINES)}; or give the nearest, and its figures by --flops, --memory …",
        )
    return MACHINES[name]
