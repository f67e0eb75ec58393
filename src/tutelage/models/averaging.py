"""The exponential moving average of the policy's weights over PPO's iterations (App. C.4: decay 0.992)."""

from collections.abc import Mapping

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.models.learning import trained_parameters
from tutelage.models.sharding import gathered_tensor, laid_out_as, own_part


class ExponentialMovingAverage:
    """average ← decay · average + (1 − decay) · weights, from the weights that it is made with."""

    def __init__(self, model: PreTrainedModel, decay: float) -> None:
        self.decay = decay
        self.average = {name: weight.detach().clone() for name, weight in trained_parameters(model).items()}

    @torch.no_grad()
    def update(self, model: PreTrainedModel) -> None:
        """Move the average towards the model's weights, once an update."""
        weights = [own_part(weight.detach()) for weight in trained_parameters(model).values()]
        torch._foreach_lerp_(list(map(own_part, self.average.values())), weights, 1.0 - self.decay)

    @torch.no_grad()
    def copy_to(self, model: PreTrainedModel) -> None:
        """Write the average into the weights of a model that has all of them in this process."""
        for name, weight in trained_parameters(model).items():
            weight.copy_(gathered_tensor(self.average[name]))

    def state_dict(self) -> dict[str, Tensor]:
        """The average, for a checkpoint."""
        return dict(self.average)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a checkpoint's average."""
        for name, weight in self.average.items():
            weight.copy_(laid_out_as(weight, state[name]))
