"""A model as judge: an OpenAI-compatible endpoint compares and marks completions. Needs the extra `label`."""

from tutelage.http import Patience
from tutelage.labelers.judge.cache import Cache
from tutelage.labelers.judge.costs import CostEstimate, Prices, Usage
from tutelage.labelers.judge.judge import ModelJudge

__all__ = ["Cache", "CostEstimate", "ModelJudge", "Patience", "Prices", "Usage"]
