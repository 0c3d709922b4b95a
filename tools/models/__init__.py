"""Build the models' artefacts from pinned public weights, and measure them against the originals.

`python -m tools.models` (or `make models`) downloads the weights, builds the fp32 graphs, quantises what gains by it,
measures the result on held-out photos on every path a Lambda CPU may take, and writes `src/inference/models/<name>/`.
`--check` only measures what is committed. No GPU, no torch.
"""
