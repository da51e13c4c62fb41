"""Work that is due: claims from tables, one item at a time, one transaction each."""
