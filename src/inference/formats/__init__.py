"""Bytes of an image file → RGB pixels: the formats understood, and how each is read safely."""
