"""How fast the scorer is, against the limit that decoding and inference set on the same machine."""
