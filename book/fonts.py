"""Fonts that hold no more letters than the book uses."""

from hashlib import sha256

from fontTools import subset


def write_part(source, target, letters):
    """Write the part of a font that holds ``letters`` (code points), without its own name."""
    options = subset.Options(
        flavor="woff",
        recalc_timestamp=False,  # or two builds of one book would differ
        name_IDs=[0, 13, 14],  # copyright and licence
        drop_tables=[*subset.Options().drop_tables, "FFTM"],
    )
    font = subset.load_font(source, options)
    part = subset.Subsetter(options)
    part.populate(unicodes=letters)
    part.subset(font)
    target.parent.mkdir(exist_ok=True)
    subset.save_font(font, target, options)


def version(*contents):
    """A short hash of files' bytes, for addresses that change when the files do."""
    digest = sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()[:8]
