"""The three steps and sampling, timed beside the tools of the field: `make bench`, told in docs/benchmarks.md."""
