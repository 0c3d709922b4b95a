"""template.yaml under many parameters: translated once, since no parameter changes what SAM makes of it."""

from functools import cache
from typing import Any

from pixlake.localcloud import parameters as template_parameters
from pixlake.localcloud import rules
from pixlake.localcloud import template as templates
from pixlake.localcloud.errors import TemplateError
from pixlake.localcloud.intrinsics import Resolver
from tests.conftest import ROOT
from tests.template.conftest import PSEUDO, Named

PATH = ROOT / "template.yaml"


@cache
def document() -> dict[str, Any]:
    """The template as it is written."""
    return templates.read(PATH)


@cache
def translated(**parameters: str) -> templates.Template:
    """The template after SAM's transform."""
    return templates.load(PATH, parameters, "us-east-1")


def resolver(**parameters: str) -> Resolver:
    """What evaluates conditions and functions under these parameters; TemplateError where the rules refuse them."""
    values = template_parameters.apply(document()["Parameters"], parameters, PATH.name)
    if broken := rules.broken(document()["Rules"], values):
        raise TemplateError(broken)
    template = translated()
    return Resolver(PSEUDO | values, template.mappings, template.conditions, Named())


def expand(*names: str, **parameters: str) -> dict[str, dict[str, Any]]:
    """The named resources, or all, as far as their condition holds, with their functions evaluated."""
    found = resolver(**parameters)
    return {
        name: found.resolve(resource, name)
        for name, resource in translated().resources.items()
        if (not names or name in names)
        and ("Condition" not in resource or found.condition(resource["Condition"], name))
    }
