"""Reports that people order: one by one or as packs, made in the background, kept for a while."""
