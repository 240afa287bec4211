"""Steps of a model baked while it is shown: what to bake, in a process beside this one, and its use."""
