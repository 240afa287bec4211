"""VTK algorithms of the project (torch is imported only when a filter executes)."""
