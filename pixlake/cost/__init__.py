"""What the pipeline costs: list prices (`prices.toml`), a workload, and the bill that follows from both.

workload → items (what is used, by service) × price list → bill → settings (what changes it), alternatives
"""
