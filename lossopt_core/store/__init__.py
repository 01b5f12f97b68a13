"""Persistence: schema, repository, workspaces, annotations, quotas."""
