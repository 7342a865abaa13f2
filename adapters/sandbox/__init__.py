"""A town in a box: one local server that speaks the providers' own protocols, with people behind it.

Start reading at `town.py` (the object that demo and simulation drive). `parameters.py` holds every number with its
mark, `population.py` who lives here, `chance.py` why two runs agree. `docs/town.md` tells it as a story.
"""
