"""Builds the demo photos in `samples/` from freely licensed photos inside public packages."""
