"""The docker-free cloud that runs template.yaml on this machine."""
