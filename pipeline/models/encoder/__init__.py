"""Models over a language model: frozen features, fine-tuning, and what both need."""
