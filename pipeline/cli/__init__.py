"""The command line: one file per command or group of commands, with its flags and its help.

A command sorts its words, composes the settings and calls one function; nothing is decided here.
Nothing heavy is imported before a command runs.
"""
