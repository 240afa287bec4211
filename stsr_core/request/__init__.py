"""What is asked of a model: which nodes, which times, which variables or blends of them.

The command line, the filters and Python ask by the same classes, and get the same answers:
:class:`~stsr_core.request.output.Request` (what the user asked for) with a model's domain, and the region of
an input where there is one, gives an :class:`~stsr_core.request.output.Output`.
"""
