"""Lambda functions as processes of this machine, run by AWS's own runtime client against a Runtime API of ours."""

from pixlake.localcloud.lambda_runtime.function import LambdaFunction
from pixlake.localcloud.lambda_runtime.service import LambdaService
from pixlake.localcloud.lambda_runtime.settings import FunctionSettings, Outcome

__all__ = ["FunctionSettings", "LambdaFunction", "LambdaService", "Outcome"]
