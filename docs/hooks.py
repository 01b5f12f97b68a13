"""What MkDocs does beside its own work when it builds this site.

- Pages from outside `docs/` (the changelog, how to contribute) become pages of the site, and files
  that the pages link to, such as `deploy/nginx.conf`, are copied into it.  In the repository the
  same links lead to the files themselves.
- `<!-- generated: NAME -->` is replaced by a table or a text made from the code.
- A page that loads anything from another host is reported, which fails a strict build.
"""

import io
import logging
import posixpath
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # `mkdocs` does not look for modules where it is started

from lossopt_core.cli.main import parser  # noqa: E402
from lossopt_core.experiment.description import FIELDS, Experiment  # noqa: E402
from lossopt_core.experiment.grid import in_words, write  # noqa: E402
from lossopt_core.fields import Choice, Field, Number  # noqa: E402
from lossopt_ui.app.command import main as lossopt  # noqa: E402

FROM_OUTSIDE = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Files of the repository that are pages of the site, and their places there."""
COPIES = "repository/"
"""Where the site has copies of other files of the repository."""
LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]+)?(?=\))")
LOADED = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=[\"']?https?://[^>]*>")
CODE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
log = logging.getLogger("mkdocs.hooks")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside, and the files that pages link to."""
    for name, place in FROM_OUTSIDE.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, place, content=text))
    linked = {target for file in files.documentation_pages() for target in linked_outside(file)}
    for target in sorted(linked):
        source = str(ROOT / target)
        copy = File.generated(
            config, COPIES + target, abs_src_path=source, inclusion=InclusionLevel.NOT_IN_NAV
        )
        files.append(copy)
    return files


def linked_outside(file: File) -> Iterator[str]:
    """Files of the repository, not of the site, that a page links to."""
    for link, _ in LINK.findall(CODE.sub("", file.content_string)):
        place = in_repository(link, file.src_uri)
        if place not in FROM_OUTSIDE and not place.startswith("docs/") and (ROOT / place).is_file():
            yield place


def in_repository(link: str, page: str) -> str:
    """The file of the repository that a link on a page of the site leads to."""
    outside = {place: name for name, place in FROM_OUTSIDE.items()}
    if page.startswith(COPIES):
        outside[page] = page.removeprefix(COPIES)
    folder = posixpath.dirname(outside.get(page, f"docs/{page}"))
    return posixpath.normpath(posixpath.join(folder, link))


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in what is generated, and turn links of the repository into links of the site."""
    source = page.file.src_uri

    def on_site(link: re.Match[str]) -> str:
        target = in_repository(link[1], source)
        if target in FROM_OUTSIDE:
            place = FROM_OUTSIDE[target]
        elif target.startswith("docs/"):
            place = target.removeprefix("docs/")
        else:
            place = COPIES + target
        return posixpath.relpath(place, posixpath.dirname(source)) + (link[2] or "")

    def made(name: re.Match[str]) -> str:
        return GENERATED[name[1]]()

    parts = CODE.split(markdown)  # text, code, text, ...
    parts[::2] = [LINK.sub(on_site, text) for text in parts[::2]]
    return re.sub(r"<!-- generated: ([\w-]+) -->", made, "".join(parts))


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Report what a page would load from another host."""
    for element in LOADED.findall(output):
        log.warning("%s loads from another host: %s", page.file.src_uri, element)
    return output


def command_line() -> str:
    """The help of the command, and of each of its subcommands."""
    [commands] = [each for each in parser()._actions if each.dest == "name"]
    sections = [f"```text\n{help_of()}```"]
    for name in ("app", *(commands.choices or {})):
        sections.append(f"## `lossopt {name}`\n\n```text\n{help_of(name)}```")
    return "\n\n".join(sections)


def help_of(*command: str) -> str:
    """What `lossopt COMMAND --help` prints."""
    with redirect_stdout(io.StringIO()) as printed, suppress(SystemExit):
        lossopt([*command, "--help"])
    return printed.getvalue()


def settings() -> str:
    """The fields of an experiment as a table."""
    rows = ["| setting | default | allowed | what it is |", "|---|---|---|---|"]
    for name in Experiment.__dataclass_fields__:
        if name in FIELDS:
            declaration = FIELDS[name]
            default = f"`{write(declaration.default)}`"
            rows.append(f"| `{name}` | {default} | {allowed(declaration)} | {declaration.help} |")
        else:
            rows.append(
                f"| `{name}` | `{{}}` | see [data sets](#dataset) | Options of the data set. |"
            )
    return "\n".join(rows)


def allowed(declaration: Field) -> str:
    """The values that a field takes."""
    if isinstance(declaration, Number):
        kind = "a whole number, " if declaration.whole else ""
        return f"{kind}{write(declaration.low)} to {write(declaration.high)}"
    if isinstance(declaration, Choice):
        return ", ".join(f"`{name}`" for name in declaration.registry)
    return "`true`, `false`"


def registries() -> str:
    """What each name that a setting can take stands for."""
    sections = []
    for field, declaration in FIELDS.items():
        if not isinstance(declaration, Choice):
            continue
        rows = [f"## `{field}`", "", "| name | label | what it is |", "|---|---|---|"]
        for name, entry in declaration.registry.items():
            rows.append(f"| `{name}` | {entry.label} | {entry.summary} |")
            for option, about in (entry.options if field == "dataset" else {}).items():
                rows.append(f"| – `{option}` | {about.label} | {in_words(about)} |")
        sections.append("\n".join(rows))
    return "\n\n".join(sections)


GENERATED: dict[str, Callable[[], str]] = {
    "command-line": command_line,
    "settings": settings,
    "registries": registries,
}
