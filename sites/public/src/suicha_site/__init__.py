"""The public website (公示网站): plans, draws and results as anyone may see them.

It accepts signed pushes and nothing else, keeps every version in its own SQLite file, and renders pages that
work without JavaScript. It never talks to the services behind the gateway.
"""
