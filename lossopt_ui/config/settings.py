"""Every setting of the server: its variable, type, default and what it does.

A field `max_runs` is set by `LOSSOPT_MAX_RUNS`, in the environment or in Streamlit's secrets.  The
server checks the settings when it starts.  The table of settings in docs/hosting.md is made from
these declarations: `python -m lossopt_ui.config --write`.
"""

import math
import re
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from lossopt_core.store.quotas import Budget
from lossopt_ui.config import sources
from lossopt_ui.config.sign_in import SignIn

LOCAL, HOSTED = "local", "hosted"

_WEBSITE = re.compile(r"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:([0-9]{1,5}))?")


def _whole(value: Any) -> Any:
    """The whole number that a text such as 50000 or 2e6 stands for."""
    if not isinstance(value, str):
        return value
    number = float(value)
    return int(number) if math.isfinite(number) and number == int(number) else value


def _websites(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else value


def _checked_website(site: str) -> str:
    found = _WEBSITE.fullmatch(site)
    if not found or int(found[3] or 0) > 65535:
        raise ValueError(f"{site!r} is no website")
    return site


Count = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=1, le=10**18)]
Amount = Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)]
Website = Annotated[str, AfterValidator(_checked_website)]


def setting(says: str, allowed: str, *, hosted: float | None = None, default: object = None) -> Any:
    """A setting: what it does, what may be set, and the defaults in local and in hosted mode."""
    return Field(
        default=default, description=says, json_schema_extra={"allowed": allowed, "hosted": hosted}
    )


def most(says: str, hosted: float) -> Any:
    """A limit, which local mode does not have."""
    return setting(says, "a whole number of at least 1", hosted=hosted)


class Settings(BaseSettings):
    """What the operator has chosen; None where a default that depends on the mode applies."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    mode: Literal["local", "hosted"] = setting(
        "`hosted` gives each visitor a workspace of their own; in `local` mode everybody who"
        " reaches the app shares one",
        "local or hosted",
        default=LOCAL,
    )
    store: SecretStr | None = setting(
        "where runs are kept: SQLite or a database server",
        "an SQLAlchemy address, such as `sqlite:////var/lib/lossopt/runs.db` or"
        " `postgresql+psycopg://user:password@host/database`",
    )
    framed_by: Annotated[tuple[Website, ...], BeforeValidator(_websites)] = setting(
        "websites that may show the app in a frame",
        "websites such as https://school.example.org, with spaces between them and nothing after"
        " the host or port",
        default=(),
    )
    metrics: Literal["closed", "open"] = setting(
        "whether `/_stcore/metrics` is answered; it names what the app caches",
        "closed or open",
        default="closed",
    )
    max_products: Count | None = most(
        "multiplications of one training: examples × features × classes × epochs, over runs",
        20_000_000_000,
    )
    max_updates: Count | None = most("updates of all runs of one training together", 2_000_000)
    max_seconds: Amount | None = setting(
        "seconds that one training may take", "a number above 0", hosted=120.0
    )
    max_numbers: Count | None = most("numbers in one data set: examples × features", 2_000_000)
    max_memory: Count | None = most(
        "bytes of memory that one data set, one file or one training may take while it is worked"
        " on",
        100_000_000,
    )
    max_runs: Count | None = most("runs in one workspace", 1_000)
    max_bytes: Count | None = most("bytes in one workspace", 100_000_000)
    max_waiting: Count | None = most("trainings that may wait for a worker", 200)
    workers: Annotated[Count, Field(le=256)] = setting(
        "trainings that run at the same time", "a whole number from 1 to 256", default=2
    )
    auth: SignIn | None = Field(default=None, description="how visitors sign in")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed, then secrets, then environment variables."""
        return (init_settings, sources.Source(settings_cls))

    @property
    def is_hosted(self) -> bool:
        """Whether visitors are strangers to each other."""
        return self.mode == HOSTED

    def limit(self, name: str) -> float:
        """A limit by the name of its field: as set, or the default of the mode; inf for none."""
        chosen = getattr(self, name)
        if chosen is None and self.is_hosted:
            chosen = default_when_hosted(name)
        return math.inf if chosen is None else chosen

    def budget(self) -> Budget:
        """What one visitor may have."""
        return Budget(**{name: self.limit(f"max_{name}") for name in Budget.__dataclass_fields__})


def settings() -> Settings:
    """The settings in force.  ValueError where one is wrong: `check` puts that into words."""
    return _settings(sources.fingerprint(tuple(VARIABLES)))


@lru_cache(maxsize=2)
def _settings(_fingerprint: object) -> Settings:
    return Settings()


VARIABLES: dict[str, FieldInfo] = {
    sources.variable(name): field
    for name, field in Settings.model_fields.items()
    if name != sources.AUTH
}
"""The settings that are environment variables, by the variable's name."""


def allowed(field: FieldInfo) -> str:
    """What may be set, in words."""
    extra = field.json_schema_extra
    return str(extra["allowed"]) if isinstance(extra, dict) else ""


def default_when_hosted(name: str) -> Any:
    """The default of a limit in hosted mode."""
    extra = Settings.model_fields[name].json_schema_extra
    return extra["hosted"] if isinstance(extra, dict) else None
