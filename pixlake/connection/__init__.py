"""Connect a bucket that pixlake did not create: add one entry to its notification configuration, keep all others.

    entry          what pixlake wants of a bucket, and how entries and their filters are read
    configuration  pure: a bucket's configuration in, the one with or without pixlake's entry out
    overlap        pure: which other entry S3 would refuse ours for
    difference     pure: what changes, as a unified diff
    policies       pure: whether a resource policy lets a service in
    ways           on which ways a configuration brings a bucket's events to the queue, and what bars them
    bucket         reads, writes and reads back

A configuration is what GetBucketNotificationConfiguration answers. PutBucketNotificationConfiguration replaces the
whole and knows no condition, so it is read directly before it is written and again after it.
"""
