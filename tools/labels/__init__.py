"""Derives the category model's `labels.csv`: a plain label and a family for each of the 1000 ImageNet-1k classes."""
