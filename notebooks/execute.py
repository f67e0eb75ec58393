"""Run notebooks with the Python that runs this, and save them with what came out.

    python notebooks/execute.py notebooks/demo.ipynb

The kernel is described on the spot, so that none has to be installed, and none that is installed is taken.
"""

import argparse
import tempfile
from pathlib import Path

import nbformat
from ipykernel.kernelspec import write_kernel_spec
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

KERNEL = "python3"


def execute(notebook: NotebookNode, folder: Path, *, seconds: float = 600) -> NotebookNode:
    """A notebook's cells run one after the other in `folder`; returns it with their outputs.

    What goes to the standard error, warnings of packages about what is installed, is left out.
    Raises CellExecutionError where a cell fails, CellTimeoutError where one takes longer than `seconds`.
    """
    with tempfile.TemporaryDirectory() as place:
        write_kernel_spec(Path(place) / KERNEL)
        specs = KernelSpecManager(kernel_dirs=[place], ensure_native_kernel=False)
        manager = KernelManager(kernel_name=KERNEL, kernel_spec_manager=specs)
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=seconds,
            extra_arguments=["--log-level=ERROR"],
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
        try:
            done: NotebookNode = client.execute()
        finally:
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)
    for cell in done.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    done.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": KERNEL},
        "language_info": {"name": "python"},
    }
    return done


def main() -> None:
    """Each notebook is run in an empty folder, and replaced only when all its cells have run."""
    parser = argparse.ArgumentParser(description="Run notebooks and save them with what came out.")
    parser.add_argument("notebooks", nargs="+", type=Path)
    for path in parser.parse_args().notebooks:
        with tempfile.TemporaryDirectory() as folder:
            done = execute(nbformat.read(path, as_version=4), Path(folder))
        nbformat.write(done, path)


if __name__ == "__main__":
    main()
