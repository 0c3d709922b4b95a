"""Lambda entry points: one operation a file, wired in bootstrap."""
