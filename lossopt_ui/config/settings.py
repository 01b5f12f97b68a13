"""Every setting of the server: variable, type, default and description.

A field `max_runs` is set by `LOSSOPT_MAX_RUNS`, in the environment or in Streamlit's secrets.  The
server checks the settings when it starts.  `python -m lossopt_ui.config --write` generates the
table of settings in docs/hosting.md from these declarations.
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

_SCHEDULER = re.compile(r"(tcp|tls|ucx|ws|wss)://[A-Za-z0-9\[\]:.-]+:[0-9]{1,5}")


def _whole(value: Any) -> Any:
    """The integer for a text such as 50000 or 2e6."""
    if not isinstance(value, str):
        return value
    number = float(value)
    return int(number) if math.isfinite(number) and number == int(number) else value


def _websites(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else value


def _checked_website(site: str) -> str:
    found = _WEBSITE.fullmatch(site)
    if not found or int(found[3] or 0) > 65535:
        raise ValueError(f"{site!r} is not a website")
    return site


def _checked_scheduler(scheduler: str) -> str:
    if scheduler not in ("processes", "thread") and not _SCHEDULER.fullmatch(scheduler):
        raise ValueError(f"{scheduler!r} is neither processes, thread nor a scheduler's address")
    return scheduler


Count = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=1, le=10**18)]
Amount = Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)]
Website = Annotated[str, AfterValidator(_checked_website)]


def setting(
    description: str, allowed: str, *, hosted: float | None = None, default: object = None
) -> Any:
    """A setting: description, allowed values, and defaults in hosted and local mode."""
    return Field(
        default=default,
        description=description,
        json_schema_extra={"allowed": allowed, "hosted": hosted},
    )


def hosted_limit(description: str, hosted: float) -> Any:
    """A limit that only applies in hosted mode by default."""
    return setting(description, "a whole number, at least 1", hosted=hosted)


class Settings(BaseSettings):
    """The operator's settings; None means the default of the mode."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    mode: Literal["local", "hosted"] = setting(
        "in `hosted` mode each visitor has a workspace of their own; in `local` mode everybody who"
        " can reach the app shares one",
        "local or hosted",
        default=LOCAL,
    )
    store: SecretStr | None = setting(
        "database that stores the runs: SQLite or a database server",
        "an SQLAlchemy address, such as `sqlite:////var/lib/lossopt/runs.db` or"
        " `postgresql+psycopg://user:password@host/database`",
    )
    framed_by: Annotated[tuple[Website, ...], BeforeValidator(_websites)] = setting(
        "websites that may embed the app in a frame",
        "websites such as https://school.example.org, separated by spaces, with nothing after the"
        " host or port",
        default=(),
    )
    metrics: Literal["closed", "open"] = setting(
        "whether `/_stcore/metrics` is served; it lists what the app caches",
        "closed or open",
        default="closed",
    )
    max_products: Count | None = hosted_limit(
        "multiplications in one training job: examples × features × classes × epochs, all runs",
        20_000_000_000,
    )
    max_updates: Count | None = hosted_limit(
        "updates in one training job, all runs together", 2_000_000
    )
    max_seconds: Amount | None = setting(
        "duration of one training job, in seconds", "a number above 0", hosted=120.0
    )
    max_numbers: Count | None = hosted_limit(
        "numbers in one data set: examples × features", 2_000_000
    )
    max_memory: Count | None = hosted_limit(
        "memory that processing one data set, file or training job may take, in bytes",
        100_000_000,
    )
    max_runs: Count | None = hosted_limit("runs per workspace", 4_000)
    max_bytes: Count | None = hosted_limit("size of a workspace, in bytes", 100_000_000)
    max_waiting: Count | None = hosted_limit("training jobs that may wait for a worker", 200)
    workers: Annotated[Count, Field(le=256)] = setting(
        "training jobs that run at the same time", "a whole number from 1 to 256", default=2
    )
    scheduler: Annotated[str, AfterValidator(_checked_scheduler)] = setting(
        "where trainings run: in worker processes of this machine, in threads of the server, or on"
        " a Dask cluster",
        "processes, thread, or a Dask scheduler's address such as `tcp://scheduler:8786`",
        default="processes",
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
        """Arguments first, then secrets, then environment variables."""
        return (init_settings, sources.Source(settings_cls))

    @property
    def is_hosted(self) -> bool:
        """Whether each visitor has a workspace of their own."""
        return self.mode == HOSTED

    def limit(self, name: str) -> float:
        """A limit by field name: as set, or the mode's default; inf means no limit."""
        chosen = getattr(self, name)
        if chosen is None and self.is_hosted:
            chosen = default_when_hosted(name)
        return math.inf if chosen is None else chosen

    def budget(self) -> Budget:
        """Resource limits per visitor."""
        return Budget(**{name: self.limit(f"max_{name}") for name in Budget.__dataclass_fields__})


def settings() -> Settings:
    """The current settings.  ValueError if one is invalid; `check` formats the message."""
    return _settings(sources.fingerprint(tuple(VARIABLES)))


@lru_cache(maxsize=2)
def _settings(_fingerprint: object) -> Settings:
    return Settings()


VARIABLES: dict[str, FieldInfo] = {
    sources.variable(name): field
    for name, field in Settings.model_fields.items()
    if name != sources.AUTH
}
"""The settings that are environment variables, by variable name."""


def allowed(field: FieldInfo) -> str:
    """Description of the allowed values."""
    extra = field.json_schema_extra
    return str(extra["allowed"]) if isinstance(extra, dict) else ""


def default_when_hosted(name: str) -> Any:
    """The default of a limit in hosted mode."""
    extra = Settings.model_fields[name].json_schema_extra
    return extra["hosted"] if isinstance(extra, dict) else None
