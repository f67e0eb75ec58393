"""The steps of the method, one file each; `tutelage.pipeline.order` says in which order they come."""
