"""A prediction against its ground truth, step by step: what Compare to GT is made of.

``inputs`` and ``steps`` say what both inputs are and when, ``walk`` which of their times comes next,
``pairs`` brings their arrays together and ``survey`` remembers the ground truth of a series. ``measures``,
``differences`` and ``pictures`` compare; ``one_step`` and ``whole_series`` collect; ``tables``, ``files`` and
``outputs`` write down; ``announcing`` tells the pipeline and asks it, and ``execution`` puts these together.
"""
