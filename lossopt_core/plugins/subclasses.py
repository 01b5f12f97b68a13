"""Prevents subclasses from inheriting attributes that no longer hold."""

from collections.abc import Collection


def drop_inherited(cls: type[object], base: type[object], names: Collection[str]) -> None:
    """Reset each of these attributes to the default of `base`, unless the class defines it.

    A subclass of hinge with different values must not inherit hinge's dual domain, for example,
    because its certificates would be wrong.
    """
    for name in names:
        if name not in vars(cls):
            setattr(cls, name, vars(base)[name])
