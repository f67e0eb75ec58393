"""The page's figures: a function for each, from results to a drawing."""
