"""Build tools: models, schemas, samples."""
