"""An annotation campaign from settings: passages go out to coders, answers come back into
``labels/``, the lead sees how coders agree and settles what they left open.
"""
