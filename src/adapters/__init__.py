"""boto3 behind the ports of `sink`. Foreign errors are translated here, once."""
