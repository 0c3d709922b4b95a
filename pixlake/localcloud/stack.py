"""A stack: a translated template checked as a whole, then created resource by resource in order."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixlake.localcloud import references
from pixlake.localcloud import template as templates
from pixlake.localcloud.errors import CreationError, TemplateError, UnsupportedError
from pixlake.localcloud.intrinsics import Resolver
from pixlake.localcloud.references import NESTED
from pixlake.localcloud.resources import Created, Creator, Request, Site, creators
from pixlake.localcloud.resources.creator import ACCOUNT_ID
from pixlake.localcloud.template import Template

_ATTRIBUTES = {
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "UpdatePolicy",
}
_UPDATE_POLICIES = {"AWS::Lambda::Alias": {"CodeDeployLambdaAliasUpdate"}}


class Stack:
    """The resources of one template, and of the templates nested in it.

    `check()` raises one `TemplateError` with everything that is wrong; `create()` makes the resources.
    """

    def __init__(self, path: Path, parameters: Mapping[str, Any], name: str, region: str) -> None:
        self.name = name
        self.template: Template = templates.load(path, parameters, region)
        self.outputs: dict[str, Any] = {}
        self.created: dict[str, Created] = {}
        self.nested: dict[str, Stack] = {}
        self._region = region
        self._creators = creators()
        self._id = f"arn:aws:cloudformation:{region}:{ACCOUNT_ID}:stack/{name}/local"
        self._pseudo = {
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::Region": region,
            "AWS::StackName": name,
            "AWS::StackId": self._id,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": [],
        }

    @staticmethod
    def parameter_names(path: Path) -> set[str]:
        """Return the names of the template's parameters."""
        return set(templates.read(path).get("Parameters", {}))

    def check(self) -> None:
        """Check every resource and output without creating anything."""
        problems: list[str] = []
        nested_outputs: dict[str, set[str]] = {}
        resolver = self._resolver(references.Expected(self.template.resources, self._creators, nested_outputs))
        for logical_id in self._order(resolver):
            resource = self.template.resources[logical_id]
            try:
                properties = resolver.resolve(resource.get("Properties", {}), logical_id)
                if resource["Type"] == NESTED:
                    child = self._load_nested(logical_id, properties)
                    nested_outputs[logical_id] = set(child.template.outputs)
                    child.check()
                else:
                    self._conform(logical_id, properties, problems)
            except TemplateError as error:
                problems.extend(error.problems)
        for name, output in self.template.outputs.items():
            try:
                self._output(resolver, name, output)
            except TemplateError as error:
                problems.extend(error.problems)
        if problems:
            raise TemplateError(problems)

    def create(self, site: Site) -> None:
        """Create the resources in the order of their references, then evaluate the outputs."""
        resolver = self._resolver(references.Existing(self.created))
        for logical_id in self._order(resolver):
            resource = self.template.resources[logical_id]
            properties = resolver.resolve(resource.get("Properties", {}), logical_id)
            try:
                self.created[logical_id] = self._create(logical_id, properties, site)
            except (TemplateError, CreationError):
                raise
            except Exception as error:
                raise CreationError(f"{logical_id} ({resource['Type']}) could not be created: {error}") from error
        for name, output in self.template.outputs.items():
            value = self._output(resolver, name, output)
            if value is not None:
                self.outputs[name] = value

    def parameters(self) -> dict[str, str]:
        """Return every parameter's value as DescribeStacks tells it: text, a list joined by commas."""
        values = self.template.parameters
        return {name: ",".join(value) if isinstance(value, list) else value for name, value in values.items()}

    def resources(self) -> dict[str, str]:
        """Return the physical id of every resource; those of a nested stack as `Nested/LogicalId`."""
        found = {logical_id: created.ref for logical_id, created in self.created.items()}
        for name, stack in self.nested.items():
            found |= {f"{name}/{logical_id}": ref for logical_id, ref in stack.resources().items()}
        return found

    def _create(self, logical_id: str, properties: dict[str, Any], site: Site) -> Created:
        if self.template.resources[logical_id]["Type"] == NESTED:
            stack = self._load_nested(logical_id, properties)
            stack.check()
            stack.create(site)
            self.nested[logical_id] = stack
            return Created(stack._id, {f"Outputs.{name}": value for name, value in stack.outputs.items()})
        problems: list[str] = []
        creator, conformed = self._conform(logical_id, properties, problems)
        if problems or creator is None:
            raise TemplateError(problems)
        policy = self._resolver(references.Existing(self.created)).resolve(
            self.template.resources[logical_id].get("UpdatePolicy", {}), logical_id
        )
        return creator.create(Request(logical_id, conformed, self.name, self.template.path.parent, site, policy))

    def _conform(
        self, logical_id: str, properties: dict[str, Any], problems: list[str]
    ) -> tuple[Creator | None, dict[str, Any]]:
        resource = self.template.resources[logical_id]
        creator = self._creators.get(resource["Type"])
        where = f"{self.template.path.name}: {logical_id} ({resource['Type']})"
        if creator is None:
            problems.append(
                f"{where}: the local cloud has no such resource. "
                "Put it behind a condition that is false here, or add a creator to pixlake/localcloud/resources."
            )
            return None, {}
        problems.extend(f"{where}: {name} is not supported." for name in sorted(set(resource) - _ATTRIBUTES))
        policies = set(resource.get("UpdatePolicy", {})) - _UPDATE_POLICIES.get(resource["Type"], set())
        problems.extend(f"{where}: UpdatePolicy.{name} is not supported." for name in sorted(policies))
        found: list[str] = []
        conformed = creator.properties.conform(properties, "Properties", found)
        found.extend(creator.check(conformed))
        problems.extend(f"{where}: {problem}" for problem in found)
        return creator, conformed

    def _load_nested(self, logical_id: str, properties: Mapping[str, Any]) -> Stack:
        where = f"{self.template.path.name}: {logical_id} ({NESTED})"
        if unknown := set(properties) - {"TemplateURL", "Parameters", "Tags", "TimeoutInMinutes"}:
            raise UnsupportedError(f"{where}: {', '.join(sorted(unknown))} is not supported by the local cloud.")
        url = str(properties.get("TemplateURL", ""))
        if not url or "://" in url:
            raise UnsupportedError(f"{where}: TemplateURL {url!r}: a nested template is a local path here.")
        return Stack(
            self.template.path.parent / url,
            properties.get("Parameters", {}),
            f"{self.name}-{logical_id}",
            self._region,
        )

    def _resolver(self, references: Any) -> Resolver:
        values = {**self._pseudo, **self.template.parameters}
        return Resolver(values, self.template.mappings, self.template.conditions, references)

    def _output(self, resolver: Resolver, name: str, output: Mapping[str, Any]) -> Any:
        where = f"Outputs.{name}"
        if "Condition" in output and not resolver.condition(output["Condition"], where):
            return None
        return resolver.resolve(output["Value"], where)

    def _order(self, resolver: Resolver) -> list[str]:
        """Return the logical ids whose condition holds, every one after those it depends on."""
        wanted: dict[str, dict[str, Any]] = {}
        for logical_id, resource in self.template.resources.items():
            if "Type" not in resource:
                raise TemplateError(f"{self.template.path.name}: {logical_id} has no Type.")
            condition = resource.get("Condition")
            if condition is None or resolver.condition(condition, logical_id):
                wanted[logical_id] = resource
        graph: dict[str, set[str]] = {}
        for logical_id, resource in wanted.items():
            explicit = resource.get("DependsOn", [])
            explicit = [explicit] if isinstance(explicit, str) else explicit
            if missing := [name for name in explicit if name not in self.template.resources]:
                raise TemplateError(
                    f"{self.template.path.name}: {logical_id}: DependsOn {missing[0]} names no resource."
                )
            graph[logical_id] = (
                {*explicit, *references.names([resource.get("Properties", {}), resource.get("UpdatePolicy", {})])}
            ) & set(wanted) - {logical_id}
        try:
            return list(graphlib.TopologicalSorter(graph).static_order())
        except graphlib.CycleError as error:
            raise TemplateError(
                f"{self.template.path.name}: these resources wait for each other: {' → '.join(error.args[1])}. "
                "Break the circle by naming one of them literally."
            ) from error
