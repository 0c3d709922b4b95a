"""The docker-free cloud that runs template.yaml on this machine.

`LocalCloud` is for programs and tests, `serve` for a person at a terminal.
"""

from pixlake.localcloud.cloud import LocalCloud
from pixlake.localcloud.errors import LocalCloudError
from pixlake.localcloud.serving import serve

__all__ = ["LocalCloud", "LocalCloudError", "serve"]
