"""Motion, splines and a network together, in shares that a rehearsal on the kept samples finds."""
