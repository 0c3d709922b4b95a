"""Binds a model's output decoder: finds the function its model.toml names, checks and fills its parameters."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from inference import outputs
from inference.errors import CatalogError
from inference.outputs import Struct
from inference.specs import ModelSpec

Decoder = Callable[..., Struct]


def bind_decoder(model: ModelSpec) -> Decoder:
    """Return the model's decoder with its parameters filled in: arrays of one image → struct.

    A parameter annotated as `Path` names a file of the model's directory.

    Raises
    ------
    CatalogError
        no such function; a parameter that it does not have, lacks, or is of another type; a file that is not there
    """
    function = _function(model)
    signature = inspect.signature(function, eval_str=True)
    accepted = {name: p for name, p in signature.parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
    values: dict[str, object] = {}
    for name, value in model.output.parameters.items():
        if name not in accepted:
            known = ", ".join(accepted) or "no keys"
            raise _error(model, name, f"is not a parameter of {model.output.decoder}, which takes {known}")
        values[name] = _value(model, name, value, accepted[name].annotation)
    for name, parameter in accepted.items():
        if parameter.default is inspect.Parameter.empty and name not in values:
            raise _error(model, name, f"is missing; {model.output.decoder} needs it")

    def decode(*arrays: object) -> Struct:
        return function(*arrays, **values)

    return decode


def _function(model: ModelSpec) -> Decoder:
    name = model.output.decoder
    own = model.directory / "decoder.py"
    for module in ([_module(model.name, own)] if own.exists() else []) + [outputs]:
        function = getattr(module, name, None)
        if inspect.isfunction(function) and not name.startswith("_"):
            return function
    raise _error(model, "decoder", f"is {name!r}; write a function of inference/outputs.py or of {own}")


def _module(model: str, path: Path) -> ModuleType:
    """Run a model's decoder.py as a module of its own, outside sys.modules: directories may share a name."""
    spec = importlib.util.spec_from_file_location(f"inference.models.{model}.decoder", path)
    if spec is None or spec.loader is None:
        raise CatalogError(path, "", "is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CatalogError(path, "", f"does not import: {error!r}") from error
    return module


def _value(model: ModelSpec, name: str, value: object, annotation: object) -> object:
    if annotation is Path and isinstance(value, str):
        path = model.directory / value
        if not path.is_file():
            raise CatalogError(path, "", f"is not there; {model.description} names it as output.{name}")
        return path
    if annotation is float and type(value) is int:
        return float(value)
    if isinstance(annotation, type) and annotation is not Path and type(value) is annotation:
        return value
    expected = "a file's name" if annotation is Path else getattr(annotation, "__name__", str(annotation))
    raise _error(model, name, f"is {value!r}; write {expected}")


def _error(model: ModelSpec, key: str, problem: str) -> CatalogError:
    return CatalogError(model.description, f"output.{key}", problem)
