"""Image bytes to scores. No AWS."""
