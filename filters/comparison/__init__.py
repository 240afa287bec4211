"""A prediction against its ground truth, step by step: what Compare to GT is made of.

``pairs`` brings the arrays of both inputs together, ``steps`` their times; ``survey`` remembers the ground
truth of a series; ``measures``, ``differences`` and ``pictures`` compare; ``tables`` and ``files`` write down.
"""
