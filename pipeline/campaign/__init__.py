"""Runs an annotation campaign from settings: exports passages to coders, imports answers into
``labels/``, reports agreement and lets the lead settle contested questions.
"""
