"""The public NLP tasks of the paper (§4.2): each file scores the samples of one kind of task.

The alignment tax is measured on them. Nothing here runs a model.
"""
