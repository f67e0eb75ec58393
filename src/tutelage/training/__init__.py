"""The training stages: base (pretraining), sft, reward, ppo; each a short loop that reads like the paper."""

from tutelage.training.base import pretrain
from tutelage.training.judge import LabeledExample, train_judge
from tutelage.training.mix import PretrainingMix, rows_beside
from tutelage.training.monitor import Display, Interrupted, Monitor, SilentMonitor
from tutelage.training.ppo import OnIteration, TrainedPolicy, train_policy
from tutelage.training.reward import RewardResult, train_reward_model
from tutelage.training.scores import Scores, Scoring
from tutelage.training.sft import best_epoch, finetune
from tutelage.training.stopping import HeldOut, Verdict

__all__ = [
    "Display",
    "HeldOut",
    "Interrupted",
    "LabeledExample",
    "Monitor",
    "OnIteration",
    "PretrainingMix",
    "RewardResult",
    "Scores",
    "Scoring",
    "SilentMonitor",
    "TrainedPolicy",
    "Verdict",
    "best_epoch",
    "finetune",
    "pretrain",
    "rows_beside",
    "train_judge",
    "train_policy",
    "train_reward_model",
]
