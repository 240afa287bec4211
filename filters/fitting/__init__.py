"""What Neural Fit is made of: its settings, the kept samples of its input, and one training run."""
