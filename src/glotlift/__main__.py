"""`python -m glotlift`: the same as the `glotlift` command."""

import sys

from glotlift.commands.main import main

sys.exit(main())
