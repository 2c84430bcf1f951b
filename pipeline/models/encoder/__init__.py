"""Models on a pretrained encoder: frozen features, fine-tuning, and common parts."""
