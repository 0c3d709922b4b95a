"""The `pixlake` command."""
