"""Serving the app: one process, or several over one database."""

import json
import multiprocessing
import os
import signal
import threading
from dataclasses import asdict

import uvicorn
from fastapi import FastAPI

from tutelage.labeling import texts
from tutelage.labeling.app import create_app
from tutelage.labeling.settings import Settings
from tutelage.store import Store

VARIABLE = "TUTELAGE_LABELING"
"""How the processes of a server learn what to serve."""


def serve(place: str, settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Serve until Ctrl-C; requests that are under way are finished."""
    with Store(place) as store:
        texts.ship(store)  # before several processes would at once
    os.environ[VARIABLE] = json.dumps({"place": place, "settings": asdict(settings)})
    uvicorn.run(
        "tutelage.labeling.server:app_of_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def app_of_environment() -> FastAPI:
    """The app that the command's settings describe."""
    end_with_parent()
    told = json.loads(os.environ[VARIABLE])
    return create_app(Store(told["place"]), Settings(**told["settings"]))


def end_with_parent() -> None:
    """Have this process of several end when the first one is killed, so that the address is free again."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
