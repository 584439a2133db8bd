"""`glotlift corpus`: a clean corpus from raw text, its parts one by one, and a look at it."""

import typer

from glotlift.commands import (
    corpus_build,
    corpus_decontaminate,
    corpus_dedup,
    corpus_inspect,
    corpus_pair,
    corpus_train_lid,
)

app = typer.Typer(help="Make a clean corpus from raw text, and look at it.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """Make a clean corpus from raw text, and look at it."""


corpus_build.add_to(app)
corpus_inspect.add_to(app)
corpus_train_lid.add_to(app)
corpus_dedup.add_to(app)
corpus_decontaminate.add_to(app)
corpus_pair.add_to(app)
