"""Visitors: cookies, sessions, sign-in, workspaces, uploads."""
