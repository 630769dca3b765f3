"""A scenario as YAML that loads to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from jmxgen.scenario.source import resolve

if TYPE_CHECKING:
    from jmxgen.scenario.model import Scenario


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.2 takes for a number or a word; PyYAML by itself knows only what YAML 1.1 does."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(resolve(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dumps(scenario: Scenario) -> str:
    """Return the scenario's YAML: what its file and overrides said, without comments and defaults."""
    said = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True)
    made: str = yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return made
