"""What the app answers to, by subject. A route reads the request, calls, and shows a page."""
