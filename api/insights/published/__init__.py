"""Published league tables: frozen for good, with what they were made of and a hash.

Owns what is frozen and how it is proved. A published table is never changed or deleted, by anyone:
the database's roles may not. A correction is another one that names it and says why.
"""
