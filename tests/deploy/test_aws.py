"""The template for AWS: who reaches what, and what is secret; `make cloudformation` checks it."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from logwatcher import config

TEMPLATE = Path(__file__).parents[2] / "deploy" / "aws" / "logwatcher.yaml"

Resource = dict[str, Any]  # Any: YAML


class Loader(yaml.SafeLoader):
    """Takes CloudFormation's tags for what they stand on."""


def _construct(loader: Loader, tag: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node)


Loader.add_multi_constructor("!", _construct)


@pytest.fixture(scope="module")
def resources() -> dict[str, Resource]:
    template = yaml.load(TEMPLATE.read_text(), Loader)  # noqa: S506  # a SafeLoader it is
    found: dict[str, Resource] = {
        name: {"Type": of["Type"], **of["Properties"]} for name, of in template["Resources"].items()
    }
    return found


def user_data(resources: dict[str, Resource]) -> str:
    script: str = resources["Template"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]
    return re.sub(r"\$\{([\w:.]+)\}", "10.0.0.0/24", script)


def test_only_the_load_balancer_is_reached_from_outside(resources: dict[str, Resource]) -> None:
    groups = {
        name: of["SecurityGroupIngress"]
        for name, of in resources.items()
        if of["Type"] == "AWS::EC2::SecurityGroup"
    }
    assert [rule["FromPort"] for rule in groups.pop("BalancerGroup")] == [443, 80]
    assert {
        name: [(rule["FromPort"], rule["ToPort"], rule["SourceSecurityGroupId"]) for rule in rules]
        for name, rules in groups.items()
    } == {
        "ServerGroup": [(8000, 8000, "BalancerGroup")],
        "DatabaseGroup": [(5432, 5432, "ServerGroup")],
    }
    assert resources["Database"]["PubliclyAccessible"] is False


def test_what_is_kept_is_encrypted_and_backed_up(resources: dict[str, Resource]) -> None:
    database = resources["Database"]
    assert database["StorageEncrypted"] is True
    assert database["DeletionProtection"] is True
    assert database["BackupRetentionPeriod"] >= 7
    assert resources["DatabaseParameters"]["Parameters"] == {"rds.force_ssl": "1"}
    server = resources["Template"]["LaunchTemplateData"]
    assert all(of["Ebs"]["Encrypted"] for of in server["BlockDeviceMappings"])
    assert server["MetadataOptions"]["HttpTokens"] == "required"


def test_secrets_are_made_by_aws_and_stand_nowhere(resources: dict[str, Resource]) -> None:
    assert "resolve:secretsmanager" in resources["Database"]["MasterUserPassword"]
    for name in ("DatabaseSecret", "KeySecret"):
        assert resources[name]["GenerateSecretString"]["ExcludePunctuation"] is True
    template = yaml.load(TEMPLATE.read_text(), Loader)  # noqa: S506  # a SafeLoader it is
    assert not [name for name in template["Parameters"] if re.search("Password|Secret|Key", name)]


def test_the_server_s_script_can_be_run_and_names_settings(resources: dict[str, Resource]) -> None:
    script = user_data(resources)
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    match = re.search(r"/etc/logwatcher.env <<END\n(.*?)\nEND\n", script, re.DOTALL)
    assert match
    settings = dict(line.split("=", 1) for line in match[1].splitlines())
    assert settings.keys() <= config.SETTINGS.keys()
    settings["LOGWATCHER_SECRET_KEY"] = "k" * 64
    config.from_environment({name: value.strip("'") for name, value in settings.items()})
