"""Serving the app: one process, or several over one database."""

import json
import os
from dataclasses import asdict

import uvicorn
from fastapi import FastAPI

from tutelage.labelers.screening import Thresholds
from tutelage.labeling.app import create_app
from tutelage.labeling.settings import Settings
from tutelage.store import Store

VARIABLE = "TUTELAGE_LABELING"
"""How the processes of a server learn what to serve."""


def serve(place: str, settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Serve until Ctrl-C; requests that are under way are finished."""
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
    told = json.loads(os.environ[VARIABLE])
    thresholds = Thresholds(**told["settings"].pop("thresholds"))
    return create_app(Store(told["place"]), Settings(**told["settings"], thresholds=thresholds))
