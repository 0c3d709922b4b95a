"""The domain: upload messages, rows, ports and the score_uploads use case. No boto3."""
