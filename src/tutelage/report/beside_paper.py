"""This run's own number for what the paper found, so that the two can stand side by side."""

from tutelage.report.cost import cost_of
from tutelage.report.names import model_name, task_name
from tutelage.report.results import Results
from tutelage.report.wording import decimal, percent, points

POLICY = "ppo_ptx"

WORST = 3
"""Tasks that are told of the tax; the table has all."""


def preference_here(results: Results) -> str:
    """The policy against the base model, plain and prompted."""
    rates = (results.preference.head_to_head if results.preference else {}).get(POLICY, {})
    told = [
        f"{percent(rates[base].win_rate)} over {model_name(base)}"
        for base in ("base", "base_prompted")
        if base in rates
    ]
    return f"{model_name(POLICY)}: {', '.join(told)}." if told else ""


def metadata_here(results: Results) -> str:
    """Hallucinations of the base model and of the policy, where the prompt gives a text."""
    metadata = results.metadata or {}
    policy, base = (metadata.get(model, {}).get("hallucination") for model in (POLICY, "base"))
    if policy is None or base is None:
        return ""
    made_up, by_base = percent(policy.rate, 0), percent(base.rate, 0)
    return (
        f"Things are made up in {made_up} of answers on closed-domain tasks, by the base model in {by_base}."
    )


def reward_model_here(results: Results) -> str:
    """Accuracy on both groups, and both groups' agreement."""
    measured = results.reward_model
    if measured is None:
        return ""
    said = f"{percent(measured.accuracy)} on the labelers it was trained on"
    if measured.heldout_labelers is not None:
        said += f", {percent(measured.heldout_labelers.accuracy)} on unseen ones"
    agreement = measured.labeler_agreement
    if agreement.training is not None and agreement.heldout is not None:
        said += f"; labelers agree in {percent(agreement.training)} and {percent(agreement.heldout)}"
    return said + "."


def training_here(results: Results) -> str:
    """The weight of the KL penalty, and the model that KL is measured from."""
    settings = results.recipe.get("ppo", {})
    if "kl_coefficient" not in settings:
        return ""
    own = settings.get("initialization") is not None
    reference = "the base fine-tuned with pretraining text mixed in" if own else model_name("sft")
    beta, target = f"β = {settings['kl_coefficient']:g}", settings.get("kl_target")
    if target is not None:
        beta += f" at first, and then what holds the KL near {target:g} nats a completion"
    return f"{beta}; the reference, where the policy starts, is {reference}."


def tax_here(results: Results) -> str:
    """The change of the rates that fall most, without and with pretraining gradients."""
    changes = results.tax_changes
    if changes is None or not {"ppo", POLICY} <= changes.models.keys():
        return ""
    plain, mixed = changes.models["ppo"], changes.models[POLICY]
    rates = [
        name
        for name in plain
        if name in mixed and (name not in results.tasks or results.tasks[name].unit == "rate")
    ]
    told = [
        f"{task_name(results, name)} {points(plain[name].score)} and {points(mixed[name].score)} points"
        for name in sorted(rates, key=lambda name: plain[name].score)[:WORST]
    ]
    return f"Without and with them: {'; '.join(told)}." if told else ""


def truthfulness_here(results: Results) -> str:
    """How many times as often the policy is truthful and informative as the base model, under each prompt's name."""
    measured = results.truthfulness or {}
    policy, base = measured.get(POLICY, {}), measured.get("base", {})
    shared = [
        framing for framing in policy if framing in base and base[framing].true_and_informative.rate > 0
    ]
    if not shared:
        return ""
    ratios = [
        policy[framing].true_and_informative.rate / base[framing].true_and_informative.rate
        for framing in shared
    ]
    return f"{' and '.join(f'{ratio:.1f}' for ratio in ratios)} times as often as the base model, by prompt."


def toxicity_here(results: Results) -> str:
    """Change of mean toxicity against the base model when told to be respectful."""
    measured = results.toxicity or {}
    policy, base = (measured.get(model, {}).get("respectful") for model in (POLICY, "base"))
    if policy is None or base is None or base.mean <= 0:
        return ""
    change = policy.mean / base.mean - 1
    return (
        f"Told to be respectful, mean toxicity is {percent(abs(change), 0)} "
        f"{'lower' if change < 0 else 'higher'} than the base model's."
    )


def bias_here(results: Results) -> str:
    """Change of entropy against the base model without an instruction."""
    measured = results.bias or {}
    policy, base = (measured.get(model, {}).get("none") for model in (POLICY, "base"))
    if policy is None or base is None:
        return ""
    return f"{decimal(policy.entropy)} bits, the base model {decimal(base.entropy)}, without an instruction."


def cost_here(results: Results) -> str:
    """Alignment beside pretraining, where the base was pretrained by this run."""
    seconds = cost_of(results).seconds
    if results.recipe.get("base", {}).get("model") is not None or not seconds["pretraining"]:
        return ""
    share = seconds["alignment"] / seconds["pretraining"]
    told = f"{percent(share, 0)} of the time" if share < 1 else f"{share:.1f} times the time"
    return f"Alignment takes {told} of pretraining."
