"""Tests of the folders that jobs are taken from."""
