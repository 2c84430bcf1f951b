"""What each word of the command line does: `rhetoric run`, `rhetoric annotate page` …"""
