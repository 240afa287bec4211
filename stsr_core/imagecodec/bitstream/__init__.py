"""Symbols as bytes: tables, range coder, the stream of a pair, weights, and a file of a whole database."""
