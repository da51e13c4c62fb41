"""Indicator trees: an index, its dimensions and questions, weights and targets, in versions.

Owns what is published and what is in force on a day. Computes no score: that is ``api.insights``.
"""
