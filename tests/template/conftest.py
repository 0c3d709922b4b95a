"""template.yaml as CloudFormation would resolve it, without creating anything."""

from typing import Any

import pytest

from pixlake.localcloud import template as templates
from pixlake.localcloud.intrinsics import Resolver
from tests.conftest import ROOT

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "pixlake",
    "AWS::URLSuffix": "amazonaws.com",
}


class Named:
    """References that read as what they refer to: `UploadQueue`, `UploadQueue.Arn`."""

    def ref(self, logical_id: str) -> str:
        return logical_id

    def attribute(self, logical_id: str, name: str) -> str:
        return f"{logical_id}.{name}"


def resolve(path: str = "template.yaml", /, **parameters: Any) -> dict[str, dict[str, Any]]:
    """Resources by logical id: the SAM transform done, functions evaluated, those of a false condition left out."""
    template = templates.load(ROOT / path, parameters, "us-east-1")
    resolver = Resolver(PSEUDO | template.parameters, template.mappings, template.conditions, Named())
    return {
        name: resolver.resolve(resource, name)
        for name, resource in template.resources.items()
        if "Condition" not in resource or resolver.condition(resource["Condition"], name)
    }


@pytest.fixture(scope="session")
def resolved():
    """The resources with the parameters' defaults."""
    return resolve()
