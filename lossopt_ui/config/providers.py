"""The identity providers with whom visitors may sign in, as `auth` in Streamlit's secrets has them.

`st.login` reads the same section.
"""

from lossopt_ui import config


def names() -> list[str]:
    """The identity providers that the secrets name; none in local mode."""
    settings = config.settings()
    return list(settings.auth.providers) if settings.is_hosted and settings.auth else []
