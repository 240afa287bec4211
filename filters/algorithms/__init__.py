"""The VTK algorithms, one per file, and their bases."""
