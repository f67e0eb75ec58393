"""Several runs side by side: in the terminal, and as one page."""
