"""From a model file to decoded steps, and what this machine can give to it."""
