"""Sampling with log-probabilities, and scoring: one engine for PPO, rankings, evaluation and chat."""

from tutelage.rollout.engine import generate
from tutelage.rollout.generation import FinishReason, Generation
from tutelage.rollout.sampler import Sample, Sampler
from tutelage.rollout.scorer import Scorer, load_reward_model
from tutelage.rollout.service import Piece, Request, Service, Ticket, Token
from tutelage.rollout.stopping import end_of_text
from tutelage.rollout.together import Generate, generate_together

__all__ = [
    "FinishReason",
    "Generate",
    "Generation",
    "Piece",
    "Request",
    "Sample",
    "Sampler",
    "Scorer",
    "Service",
    "Ticket",
    "Token",
    "end_of_text",
    "generate",
    "generate_together",
    "load_reward_model",
]
