"""Regenerates what follows from the table contract: model columns, released columns' order, athena/catalog.yaml."""
