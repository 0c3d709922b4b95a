"""Other ways to score the same pictures with the same models: Ray Data and Daft, as their documentation shows."""
