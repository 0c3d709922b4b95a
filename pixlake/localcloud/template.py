"""A template file, read and translated from SAM to CloudFormation without a network."""

from __future__ import annotations

import copy
import logging
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pixlake.localcloud import parameters as template_parameters
from pixlake.localcloud import rules
from pixlake.localcloud.clients import core_session
from pixlake.localcloud.errors import TemplateError, UnsupportedError

LOCAL_CODE_BUCKET = "local-code"
"""SAM wants code in S3: a local CodeUri travels through the translation as `s3://local-code/<quoted path>`."""

_SAM = "AWS::Serverless-2016-10-31"
_SECTIONS = {
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Globals",
    "Resources",
    "Outputs",
}


@dataclass(frozen=True)
class Template:
    """A translated template with the values of its parameters."""

    path: Path
    parameters: dict[str, Any]
    mappings: dict[str, Any]
    conditions: dict[str, Any]
    resources: dict[str, dict[str, Any]]
    outputs: dict[str, dict[str, Any]]


def load(path: Path, given: Mapping[str, Any], region: str) -> Template:
    """Read the template at `path`, apply the parameter values and translate SAM resources.

    Raises
    ------
    TemplateError
        The file cannot be read, or it or a parameter is wrong, or a rule does not hold.
    """
    document = read(path)
    unknown = set(document) - _SECTIONS
    if unknown:
        raise UnsupportedError(f"{path.name}: section {', '.join(sorted(unknown))} is not known to the local cloud.")
    values = template_parameters.apply(document.get("Parameters", {}), given, path.name)
    if broken := rules.broken(document.get("Rules", {}), values):
        raise TemplateError(broken)
    transforms = document.get("Transform", [])
    for transform in [transforms] if isinstance(transforms, str) else transforms:
        if transform != _SAM:
            raise UnsupportedError(
                f"{path.name}: transform {transform} is not known to the local cloud; only {_SAM} is."
            )
        document = _translate(document, values, path, region)
    return Template(
        path=path,
        parameters=values,
        mappings=document.get("Mappings") or {},
        conditions=document.get("Conditions") or {},
        resources=document.get("Resources") or {},
        outputs=document.get("Outputs") or {},
    )


def read(path: Path) -> dict[str, Any]:
    """Read a YAML or JSON template; CloudFormation's tags become their long forms."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise TemplateError(f"The template {path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise TemplateError(f"The template {path} is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise TemplateError(f"The template {path} holds no sections such as Resources.")
    return document


def local_code(code: Any) -> Path | None:
    """Return the folder a translated function's `Code` stands for, if its code is local."""
    if isinstance(code, dict) and code.get("S3Bucket") == LOCAL_CODE_BUCKET:
        return Path(urllib.parse.unquote(code["S3Key"]))
    return None


def _translate(document: dict[str, Any], values: Mapping[str, Any], path: Path, region: str) -> dict[str, Any]:
    # Imported here: half a second that `pixlake --help` need not pay.
    import boto3  # noqa: PLC0415
    from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]  # noqa: PLC0415
    from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]  # noqa: PLC0415

    document = copy.deepcopy(document)
    _hide_local_code(document, path.parent)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of metrics it has not sent
    session = boto3.Session(region_name=region, botocore_session=core_session())
    # An empty map of AWS-managed policies: their names stay as written, and nobody asks IAM for the list.
    translator = Translator({}, Parser(), boto_session=session)
    plain = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in values.items()}
    try:
        translated: dict[str, Any] = translator.translate(document, parameter_values=plain, get_managed_policy_map=dict)
    except InvalidDocumentException as error:
        raise TemplateError([f"{path.name}: {cause.message}" for cause in error.causes]) from error
    return translated


def _hide_local_code(document: dict[str, Any], folder: Path) -> None:
    properties = [document.get("Globals", {}).get("Function", {})]
    for logical_id, resource in document.get("Resources", {}).items():
        if resource.get("Type") == "AWS::Serverless::Function":
            own = resource.get("Properties", {})
            if "CodeUri" not in own and "CodeUri" not in properties[0] and "ImageUri" not in own:
                raise TemplateError(f"{logical_id}: CodeUri is missing; the local cloud runs a function from a folder.")
            properties.append(own)
    for owner in properties:
        uri = owner.get("CodeUri")
        if isinstance(uri, str) and not uri.startswith("s3://"):
            owner["CodeUri"] = f"s3://{LOCAL_CODE_BUCKET}/{urllib.parse.quote(str((folder / uri).resolve()), safe='')}"


class _TemplateLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one is 10 times faster
    """YAML with CloudFormation's short tags; dates stay text, as CloudFormation reads them."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_TemplateLoader.add_multi_constructor("!", _tagged)
_TemplateLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
