"""Distillation: one compact network learns what another field says, on its kept samples and between them."""
