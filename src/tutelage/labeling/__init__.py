"""The web app in which labelers write, rank and rate, and their owner sees how it goes. No torch."""
