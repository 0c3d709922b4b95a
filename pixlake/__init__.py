"""What runs on a person's machine, never on Lambda: the command line and the local cloud."""
