"""What a model is: frozen rows of the catalogue, as its model.toml describes them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from inference.preprocess import REVISION, Resize


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a model's struct: its name, its Hive type, what it means."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """The struct column that a model fills; it is named like the model."""

    comment: str
    fields: tuple[FieldSpec, ...]

    @property
    def type(self) -> str:
        """The column's Hive type: `struct<label:string,…>`."""
        return f"struct<{','.join(f'{field.name}:{field.type}' for field in self.fields)}>"


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What a model is fed: see `preprocess`. `batch`: images in one run of the graph, more where that is faster."""

    name: str
    resize: Resize
    channels: Literal["RGB", "BGR", "L"]
    layout: Literal["NHWC", "NCHW"]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    batch: int


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """How a model's answer is read: graph outputs (none: there is no graph), decoder function, its parameters."""

    names: tuple[str, ...]
    decoder: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class ModelSpec:
    """One model of the catalogue.

    Attributes
    ----------
    order
        of first release: the order of the columns
    retired
        the column stays, the scoring has stopped
    """

    name: str
    version: str
    variant: str
    source: str
    licence: str
    retired: bool
    order: int
    inputs: tuple[InputSpec, ...]
    output: OutputSpec
    column: ColumnSpec
    directory: Path

    @property
    def input(self) -> InputSpec:
        """The only input, of a model with a graph; the first one of a model that computes from the pixels."""
        return self.inputs[0]

    @property
    def needs(self) -> int:
        """Pixels of a picture's shorter side below which detail would be lost."""
        return max(each.resize.needs for each in self.inputs)

    @property
    def release(self) -> str:
        """Version and artefact variant, as the row's `models` map states them: `1.0.0-int8`."""
        return f"{self.version}-{self.variant}" if self.variant else self.version

    @property
    def description(self) -> Path:
        """The model.toml."""
        return self.directory / "model.toml"

    @property
    def artefact(self) -> Path | None:
        """The model.onnx; None for a model that computes from the pixels."""
        return self.directory / "model.onnx" if self.output.names else None

    @cached_property
    def fingerprint(self) -> str:
        """sha256 (hex) of all that its scores depend on; equal fingerprints, equal scores for equal bytes.

        The release, the input and output sections, and every file of the directory that takes part: artefact, decoder,
        label tables. Not the comment, the licence, or the order.
        """
        described = {
            "inputs": [[type(each.resize).__name__, asdict(each)] for each in self.inputs],
            "output": asdict(self.output),
        }
        digest = hashlib.sha256(json.dumps([REVISION, self.name, self.release, described], sort_keys=True).encode())
        for file in sorted(self.directory.iterdir()):
            if file.name in ("model.onnx", "decoder.py") or file.suffix == ".csv":
                digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()
