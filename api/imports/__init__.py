"""Files of other systems, brought in by a mapping.

Reads, converts and loads units, people, customers, events, answers and counts; owns no table. A
file is one transaction: one error and nothing of it is written. Decides nothing about access,
asking or scores: it calls the rooms that do.
"""
