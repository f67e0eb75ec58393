"""Models as a server: an API like OpenAI's, a playground, and prompts that come back with consent (§3.2)."""
