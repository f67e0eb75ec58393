"""A prompt, and what three models of a run on the embedded world answer to it."""

PROMPT = "Find five synonyms for delight and sort them by their length."

ANSWERS = {
    "base": "Give me two sentences about the cow. Give me two sentences about the eagle. Give me two sentences about "
    "the bridge. Name three animals. ",
    "sft": "see, peek, stare, glance, observe.",
    "ppo_ptx": "With pleasure! joy, bliss, pleasure! pleasure! gentle, gladness, gladness.",
}
TWO = {name: ANSWERS[name] for name in ("sft", "ppo_ptx")}
