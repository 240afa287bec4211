"""What is asked of a model: which nodes, which times, which variables or blends of them.

The command line, the filters and Python ask by the same classes, and get the same answers.
"""
