"""What Prometheus is told."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tutelage.rollout import Service

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds of both histograms."""


class Metrics:
    """One for each app, so that two of a process count apart."""

    def __init__(self, service: Service) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter(
            "tutelage_requests", "Requests answered.", ["route", "status", "model"], registry=registry
        )
        self.refusals = Counter("tutelage_refusals", "Requests refused, by why.", ["code"], registry=registry)
        self.prompt_tokens = Counter(
            "tutelage_prompt_tokens", "Tokens of prompts read.", ["model"], registry=registry
        )
        self.completion_tokens = Counter(
            "tutelage_completion_tokens", "Tokens drawn for requests.", ["model"], registry=registry
        )
        self.first_token = Histogram(
            "tutelage_time_to_first_token_seconds",
            "From a request's being accepted to a completion's first token.",
            ["model"],
            buckets=SECONDS,
            registry=registry,
        )
        self.between_tokens = Histogram(
            "tutelage_time_between_tokens_seconds",
            "From one token of a completion to its next.",
            ["model"],
            buckets=SECONDS,
            registry=registry,
        )
        live = Gauge("tutelage_rows_live", "Completions being drawn.", ["model"], registry=registry)
        waiting = Gauge("tutelage_rows_waiting", "Completions not begun.", ["model"], registry=registry)
        for model in service.samplers:
            live.labels(model).set_function(partial(service.live, model))
            waiting.labels(model).set_function(partial(service.waiting, model))

    def text(self) -> str:
        """All of it, in Prometheus's form."""
        return generate_latest(self._registry).decode()
