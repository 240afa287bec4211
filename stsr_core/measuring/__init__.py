"""A measure over the steps and variables of a series, kept and unseen steps apart."""
