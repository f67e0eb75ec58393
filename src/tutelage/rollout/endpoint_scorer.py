"""Scores by an endpoint over HTTP: a JSON POST of prompts and completions, in batches."""

import time
from collections.abc import Callable, Sequence

import httpx2
from torch import Tensor

from tutelage.http import Patience, key_from, post_json
from tutelage.rollout.outside_scores import as_scores, scored_apart
from tutelage.schema import InputError, RunError


class EndpointScorer:
    """An address that is sent `{"prompts": […], "completions": […]}` and answers `{"scores": […]}`, one each.

    Nothing is cached: an iteration's completions are new ones.

    Args:
        url: the address; what follows its question mark, which may be a secret, is in no message.
        where: the recipe's field, for messages.
        batch_size: completions of a request; requests are made one after the other.
        api_key_variable: the environment variable whose content goes along as a bearer token.
        wait: lets seconds pass between two tries.

    Raises InputError where address or key cannot be used. A call raises RunError where the endpoint fails until the
    patience is at its end, or answers anything but as many finite scores, and InputError where it refuses; both have
    its address.
    """

    def __init__(
        self,
        url: str,
        where: str,
        *,
        batch_size: int = 64,
        api_key_variable: str | None = None,
        patience: Patience | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        try:
            self._url = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise InputError(f"is no address: {error}", where) from error
        if self._url.userinfo:
            raise InputError("has a password in it", where, "put a key into an environment variable")
        self._shown, self._where = str(self._url.copy_with(query=None)), where
        self._batch_size = batch_size
        self._patience = patience or Patience()
        self._wait = wait
        self._key = None if api_key_variable is None else key_from(api_key_variable)

    def __call__(self, prompts: Sequence[str], completions: Sequence[str]) -> Tensor:
        """(N,) float32 scores."""
        return scored_apart(self._ask, prompts, completions)

    def _ask(self, prompts: list[str], completions: list[str]) -> Sequence[float]:
        size = self._batch_size
        headers = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        with httpx2.Client(headers=headers, timeout=self._patience.timeout) as http:
            return [
                score
                for start in range(0, len(prompts), size)
                for score in self._request(
                    http, prompts[start : start + size], completions[start : start + size]
                )
            ]

    def _request(self, http: httpx2.Client, prompts: list[str], completions: list[str]) -> list[float]:
        answer = post_json(
            http,
            self._url,
            {"prompts": prompts, "completions": completions},
            self._patience,
            where=self._where,
            remedy="the last checkpoint is kept, so the same command goes on from there",
            key=self._key,
            wait=self._wait,
        )
        try:
            scores = answer["scores"]
        except (LookupError, TypeError):
            raise RunError(f'{self._shown} answered without {{"scores": […]}}') from None
        return as_scores(scores, len(prompts), self._shown)
