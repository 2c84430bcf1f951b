"""Formats in which passages go to coders and answers come back: page, sheet, Label Studio, text."""
