"""samconfig.toml: each environment deploys without flags, with parameters that the template takes."""

import shlex
import tomllib

import pytest

from pixlake.localcloud import template as templates
from tests.conftest import ROOT
from tests.template.conftest import resolve

CONFIG = {
    name: each for name, each in tomllib.loads((ROOT / "samconfig.toml").read_text()).items() if name != "version"
}


def overrides(environment):
    found = {}
    for pair in CONFIG[environment]["deploy"]["parameters"].get("parameter_overrides", []):
        (word,) = shlex.split(pair)  # SAM splits at spaces, as a shell does
        name, _, value = word.partition("=")
        found[name] = value
    return found


def test_there_are_three_environments_with_stacks_and_databases_of_their_own():
    assert CONFIG.keys() == {"default", "dev", "prod"}
    default = templates.read(ROOT / "template.yaml")["Parameters"]["DatabaseName"]["Default"]
    assert len({each["global"]["parameters"]["stack_name"] for each in CONFIG.values()}) == 3
    assert len({overrides(name).get("DatabaseName", default) for name in CONFIG}) == 3


@pytest.mark.parametrize("environment", CONFIG)
def test_every_parameter_is_one_of_the_template_s_and_may_have_its_value(environment):
    given = overrides(environment)

    resources = resolve(**given)  # an unknown name, or a value that breaks a constraint, is an error

    group = resources["ScoreUploadsFunctionDeploymentGroup"]["Properties"]
    expected = given.get("DeploymentPreference", "Canary10Percent5Minutes")
    assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{expected}"


@pytest.mark.parametrize("environment", CONFIG)
def test_builds_as_the_default_does_and_may_create_roles(environment):
    config = CONFIG[environment]

    assert config["build"] == CONFIG["default"]["build"]
    assert set(config["deploy"]["parameters"]["capabilities"]) == {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}
    assert config["deploy"]["parameters"]["resolve_s3"] is True


def test_no_address_stands_for_a_person_s():
    assert "@" not in (ROOT / "samconfig.toml").read_text()
