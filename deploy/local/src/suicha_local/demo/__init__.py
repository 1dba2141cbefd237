"""A whole inspection season, played through the gateway's REST API only: no back door into any database."""
