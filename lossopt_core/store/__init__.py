"""Persistence: database schema, repository, workspaces, annotations and quotas."""
