"""What the paper found, to stand beside what a run finds (Ouyang et al. 2022, arXiv 2203.02155)."""

LABELER_AGREEMENT = "72.6 ± 1.5 % between training labelers, 77.3 ± 1.3 % between held-out ones (§3.4)"
REWARD_MODEL = "72.4 ± 0.4 % on labelers it was trained on, 69.6 ± 0.9 % on unseen ones, in five folds (§4.1)"
PREFERENCE = "175B PPO-ptx is preferred to GPT-3 in 85 ± 3 %, to few-shot-prompted GPT-3 in 71 ± 4 % (§4.1)"
METADATA = (
    "instructed models attempt the right task and follow constraints more often; on closed-domain tasks they "
    "make things up in 21 % of answers, GPT-3 in 41 % (§4.1)"
)
TRUTHFULNESS = "PPO models give truthful and informative answers about twice as often as GPT-3 (§4.2)"
TOXICITY = (
    "told to be respectful, PPO models are about 25 % less often toxic than GPT-3; "
    "told nothing, no better (§4.2)"
)
BIAS = "no improvement over GPT-3 on Winogender or CrowS-Pairs (§4.2)"
TAX = "PPO regresses on several public tasks; mixing in pretraining gradients repairs most of it (§4.2)"
KL = (
    "the penalty's weight is β = 0.02 (App. C.4); raising it does not repair the alignment tax, pretraining "
    "gradients do (§4.2)"
)
LIKERT = (
    "rated from 1 to 7, GPT-3 fine-tuned on FLAN or T0 is about as good as few-shot-prompted GPT-3 and worse than "
    "SFT (Figure 5, §4.1)"
)
USE_CASES = "of prompts to the API 45.6 % ask for generation, 12.4 % are open questions, 11.2 % brainstorming (Table 1)"
OVER_OPTIMIZATION = (
    "not shown; Gao et al. (2022) find that judged quality first rises and then falls with the square root of KL "
    "while the score of the model that is optimised goes on rising"
)
SCORES = (
    "a reward model of 6B parameters for all policies, since one of 175B was less stable (§3.5, App. C.2); its "
    "calibration is not shown"
)
ROUNDS = (
    "more comparisons are collected on the newest policy, which train a new reward model and then a new policy; most "
    "come from SFT, some from PPO (§3.1); no figures by round"
)
DATA = (
    "prompts for training and validation: SFT 12,725 and 1,653, reward model 33,207 and 17,887, PPO 31,144 and "
    "16,185 (Table 6)"
)
COST = "175B SFT took 4.9 petaflop/s-days and PPO-ptx 60, pretraining GPT-3 3,640: alignment is 2 % of that (§5.1)"
