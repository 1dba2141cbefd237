"""`python -m suicha_registry` serves the registry."""

from suicha_chassis.app import serve

from suicha_registry.main import create_app
from suicha_registry.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    serve(create_app(settings), settings.host, settings.port)
