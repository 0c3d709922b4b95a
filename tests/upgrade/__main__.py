"""`python -m tests.upgrade`: what a stack update does to a stack of the last release, resource by resource."""

from tests.conftest import ROOT
from tests.upgrade.change_set import change_set
from tests.upgrade.releases import LAST

print(f"From {LAST.name}, with the parameters' defaults. A function is updated wherever its code is.")
for change in change_set(LAST / "template.yaml", ROOT / "template.yaml"):
    print(
        f"  {change.action:<18}{change.logical_id} ({change.type}){': ' if change.why else ''}{', '.join(change.why)}"
    )
