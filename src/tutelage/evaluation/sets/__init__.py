"""The public data sets that models are evaluated on (§4.2), from files or the hub, as items of ours.

Each reader knows the columns of its set as it is published, and of the plainer files that people make of it.
"""
