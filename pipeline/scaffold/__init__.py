"""Starts a project of one's own in an empty folder, outside a clone of this one."""
