"""What a subclass must not inherit from an entry whose behaviour it changes."""

from collections.abc import Collection


def drop_inherited(cls: type[object], base: type[object], names: Collection[str]) -> None:
    """Give a class the fallback of `base` for each of these attributes that it does not define.

    A subclass of hinge that computes other values must not pass on hinge's domain: its
    certificates would prove something about another loss.
    """
    for name in names:
        if name not in vars(cls):
            setattr(cls, name, vars(base)[name])
