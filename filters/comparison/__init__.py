"""A prediction against its ground truth, step by step: what Compare to GT is made of.

``inputs`` and ``steps`` say what both inputs are and when, ``walk`` which of their times comes next, and
``pairs`` brings their arrays together. ``one_step`` measures them, by :mod:`stsr_core.measuring`, with
``differences`` and ``pictures``; ``tables``, ``files`` and ``outputs`` write down; ``announcing`` tells the
pipeline and asks it, and ``execution`` puts these together.
"""
