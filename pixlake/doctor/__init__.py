"""Checks of a deployment, from credentials to a test image's row; `pixlake doctor` shows them.

    examination  what a check is, what it finds, and the order in which checks run
    deployment   the names and clients of what is examined
    checks       the list of all of them; each is a function in the module of its part
    current      no check: what the deployment does at this moment, for `pixlake status`

A check looks at one thing and returns a `Finding`. What a cloud's answer breaks off is its finding too.
"""
