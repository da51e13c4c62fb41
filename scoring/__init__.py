"""What each number means: counts in, scores, intervals, ranks and changes out.

Pure: numpy arrays in, frozen results out; no table, no framework, no clock. Begin reading at
`scoring.league` (a table of branches) or `scoring.scores` (one unit); `docs/scoring.md` says which
method and source stands behind each number.
"""
