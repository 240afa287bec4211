"""The web page: a model, its ground truth and their difference. The only room that imports trame."""
