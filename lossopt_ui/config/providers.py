"""The identity providers for signing in, from `auth` in Streamlit's secrets.

`st.login` reads the same section.
"""

from lossopt_ui import config


def names() -> list[str]:
    """Names of the identity providers in the secrets; empty in local mode."""
    settings = config.settings()
    return list(settings.auth.providers) if settings.is_hosted and settings.auth else []
