"""A prediction against its ground truth, step by step: what Compare to GT is made of.

``inputs`` and ``steps`` say what both inputs are and when, and ``pairs`` brings their arrays together.
``one_step`` measures them, by :mod:`stsr_core.measuring`, with ``differences`` and ``pictures``; ``tables``,
``files`` and ``outputs`` write down; ``execution`` follows the pipeline.
"""
