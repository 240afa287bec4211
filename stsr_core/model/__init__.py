"""Trained models as files: a field's checkpoint, the authors' own files, and what a file says of itself."""
