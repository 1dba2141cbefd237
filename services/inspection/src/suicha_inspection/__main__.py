"""`python -m suicha_inspection` serves until told to stop."""

from suicha_chassis.app import serve

from suicha_inspection.main import create_app
from suicha_inspection.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    serve(create_app(settings), settings.host, settings.port)
